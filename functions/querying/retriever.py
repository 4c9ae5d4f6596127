"""Answering one query from one tenant's index."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial

from msgspec import Struct
from msgspec.structs import replace

from embedding import Embedder, TokenCounter, uncounted
from embedding.token_estimate import beginning
from querying.answer_size import fitting
from querying.context import windows
from querying.errors import FilterError, PageTokenError, RerankingError, SearchModeError
from querying.filter_parts import filter_parts, require_mergeable
from querying.filters import Filter, compile_filter
from querying.grouping import MAX_CHUNKS, Group, grouped
from querying.matches import matched_chunk, matched_document
from querying.modes import mode_for
from querying.page_tokens import PageScope, PageTokens, Position
from querying.query_schema import Mode, Notice, QueryAnswer, QueryRequest
from querying.reranking import MAX_RERANKED, NO_RERANKER, Reranker, reranked
from querying.search import Page, Search, reaching, words
from querying.searched_index import SearchedIndex, SearchedIndexes
from vector_store import TenantId, TextLanguage, VectorIndex, VectorStore
from vector_store.errors import RejectedRequestError, VectorIndexNotFoundError
from vector_store.vector_index import MAX_PAGE_MATCHES, MAX_TEXT_CHARACTERS


class _Question(Struct, frozen=True):
    """A request, ready to be asked twice where the index refuses the first query."""

    request: QueryRequest
    filters: Sequence[Filter]
    embedding: Callable[[], Sequence[float]]
    """Made when it is first needed, and then kept."""


class Retriever:
    """Finds the passages of a tenant's documents that answer a query."""

    def __init__(
        self,
        *,
        store: VectorStore[VectorIndex],
        embedder: Embedder,
        page_tokens: PageTokens,
        text_language: TextLanguage = TextLanguage.STANDARD,
        reranker: Reranker | None = None,
        counted: TokenCounter = uncounted,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._embedder = embedder
        self._counted = counted
        self._page_tokens = page_tokens
        self._text_language = text_language
        self._reranker = reranker
        self._indexes = SearchedIndexes(store, embedder.model.dimensions, clock=clock)

    def query(self, tenant_id: TenantId, request: QueryRequest) -> QueryAnswer:
        """Return a page of the passages that answer the query best.

        Raises FilterError, and PageTokenError for a token of another request, before the model is
        asked; what the index tells, after it: SearchModeError (a `min_score` of a mode that it does
        not have), PageTokenError (its own token has expired), VectorIndexNotFoundError for a tenant
        without an index, IndexMismatchError for one of another model's embeddings. RerankingError
        only where its order is needed (a `min_score`, a further page), and the stores' own errors.
        """
        filters: list[Filter] = []
        if request.filter is not None:
            filters = filter_parts(compile_filter(request.filter))
        question = _Question(request, filters, cache(partial(self._embedding, request.query)))
        searched = self._indexes.of(tenant_id)
        try:
            try:
                return self._answer(searched, question)
            except (RejectedRequestError, FilterError) as error:
                if request.next_token:
                    raise PageTokenError(
                        "next_token: the index takes it no longer; ask again without it"
                    ) from error
                # By meaning alone it may be searched, and with a filter that hybrid does not take.
                if isinstance(error, FilterError) and request.mode in {"vector", "text"}:
                    raise
                changed = self._indexes.after_refusal(searched)
                if changed is None:
                    raise
                return self._answer(changed, question)
        except VectorIndexNotFoundError:
            self._indexes.forget(tenant_id)
            raise

    def _answer(self, searched: SearchedIndex, question: _Question) -> QueryAnswer:
        request = question.request
        index, model = searched.index, self._embedder.model.uri
        scope = PageScope.of(f"{index.bucket_name}/{index.name}", model, request)
        position, notices = self._start(searched, request, scope)
        search = self._search(index, position.mode, question)
        pages, told = self._ranked(search, request, position)
        groups, index_token = _groups(reaching(pages, request.min_score), request)

        rest = groups[position.skip :]
        chunks = {hit.match.key: hit.chunk for group in rest for hit in group.hits}
        around = windows(index, chunks, steps=request.context) if request.context else {}
        documents = matches = []
        if request.group_by:
            documents = fitting(matched_document(group.hits, around) for group in rest)
        else:
            matches = fitting(matched_chunk(group.hits[0], around) for group in rest)

        shown = len(documents or matches)
        following = None
        if shown < len(rest):
            following = replace(position, skip=position.skip + shown)
        elif index_token:
            following = Position(position.mode, index_token)
        return {
            "matches": matches,
            "documents": documents,
            "next_token": self._page_tokens.issue(scope, following) if following else None,
            "notices": [*notices, *self._cut(request.query, position.mode), *told],
            "tenant_id": str(index.index_name.tenant_id),
            "index": index.name,
            "mode": position.mode,
            "model": model,
        }

    def _start(
        self, searched: SearchedIndex, request: QueryRequest, scope: PageScope
    ) -> tuple[Position, list[Notice]]:
        """Where to begin, and what is otherwise than asked."""
        if request.next_token:
            return self._page_tokens.read(scope, request.next_token), []
        if request.rerank and request.min_score is not None and self._reranker is None:
            raise SearchModeError(f"min_score: it is for rerank, and {NO_RERANKER}")
        falls_back = request.min_score is None or request.rerank
        mode, notices = mode_for(request.mode, searched.text_search, falls_back=falls_back)
        return Position(mode), notices

    def _cut(self, query: str, mode: Mode) -> Iterator[Notice]:
        """What of a long query was not asked for."""
        if mode != "text" and len(query) > (read := len(self._meant(query))):
            yield cut(f"its meaning is that of its first {read:,} characters")
        if mode != "vector" and len(query) > MAX_TEXT_CHARACTERS:
            yield cut(f"words are those of its first {MAX_TEXT_CHARACTERS:,} characters")

    def _meant(self, query: str) -> str:
        # What is longer than the model takes says what it asks for in its beginning.
        model = self._embedder.model
        return beginning(query[: model.max_input_characters], model.max_input_tokens)

    def _embedding(self, query: str) -> Sequence[float]:
        return self._embedder.embed_query(self._meant(query), counted=self._counted)

    def _search(self, index: VectorIndex, mode: Mode, question: _Question) -> Search:
        request, filters = question.request, question.filters
        top_k = request.top_k
        if request.rerank:
            top_k = MAX_RERANKED
        elif request.group_by:
            top_k = MAX_CHUNKS if len(filters) < 2 else MAX_PAGE_MATCHES
        require_mergeable(filters, mode=mode, top_k=top_k)
        text = words(request.query, self._text_language) if mode != "vector" else None
        embedding = question.embedding() if mode != "text" else None
        return Search(index, mode, top_k, self._embedder.model.uri, embedding, text, filters)

    def _ranked(
        self, search: Search, request: QueryRequest, position: Position
    ) -> tuple[Iterable[Page], list[Notice]]:
        """The search's pages, or the one page that a reranking model read, and what went otherwise."""
        pages = search.pages(position.index_token)
        if not request.rerank:
            return pages, []
        hits, notices = next(pages).hits, []
        try:
            hits = reranked(self._reranker, request.query, hits)
        except RerankingError as error:
            if request.min_score is not None or request.next_token:
                raise
            notices = [not_reranked(error)]
        return [Page(hits if request.group_by else hits[: request.top_k])], notices


def cut(what: str) -> Notice:
    """Return what to tell who asked a long query."""
    return {"code": "query_cut", "detail": f"the query is long: {what}"}


def not_reranked(error: RerankingError) -> Notice:
    """Return what to tell who asked for another order than the search's."""
    return {"code": "not_reranked", "detail": f"matches are in the order of the search: {error}"}


def _groups(pages: Iterable[Page], request: QueryRequest) -> tuple[list[Group], str | None]:
    """What the answer shows, one item a group, and the index's token for what follows."""
    if request.group_by:
        return grouped(pages, documents=request.top_k, passages=request.passages), None
    page = next(iter(pages))
    return [Group([hit]) for hit in page.hits], page.next_token

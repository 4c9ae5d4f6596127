"""Answering one query from one tenant's index."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from embedding import Embedder
from querying.answer_size import fitting
from querying.context import Window, windows
from querying.errors import PageTokenError
from querying.filter_parts import filter_parts, require_mergeable
from querying.filters import Filter, compile_filter
from querying.matches import matched_chunk
from querying.model_check import check_model
from querying.modes import mode_for
from querying.page_tokens import PageScope, PageTokens, Position
from querying.query import Mode, Notice, QueryAnswer, QueryRequest
from querying.search import Hit, Search
from querying.searched_index import SearchedIndex, SearchedIndexes
from vector_store import TenantId, VectorIndex, VectorStore
from vector_store.errors import RejectedRequestError, VectorIndexNotFoundError
from vector_store.vector_index import MAX_TEXT_CHARACTERS

_WHOLE_WORDS = re.compile(rf".{{1,{MAX_TEXT_CHARACTERS}}}(?=\s)", re.DOTALL)

CUT: Notice = {
    "code": "query_cut",
    "detail": f"words were searched from the query's first {MAX_TEXT_CHARACTERS:,} characters",
}


class Retriever:
    """Finds the passages of a tenant's documents that answer a query."""

    def __init__(
        self,
        *,
        store: VectorStore[VectorIndex],
        embedder: Embedder,
        page_tokens: PageTokens,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._embedder = embedder
        self._page_tokens = page_tokens
        self._indexes = SearchedIndexes(store, embedder.model.dimensions, clock=clock)

    def query(self, tenant_id: TenantId, request: QueryRequest) -> QueryAnswer:
        """Return a page of the passages that answer the query best.

        Raises FilterError, PageTokenError and SearchModeError (a `min_score` of a mode that the
        index does not have) before the model is asked, VectorIndexNotFoundError for a tenant
        without an index, IndexMismatchError for one of another model's embeddings, and the stores'
        own errors.
        """
        filters: list[Filter] = []
        if request.filter is not None:
            filters = filter_parts(compile_filter(request.filter))
        searched = self._indexes.of(tenant_id)
        try:
            try:
                return self._answer(searched, request, filters)
            except RejectedRequestError as error:
                if request.next_token:
                    raise PageTokenError(
                        "next_token: the index takes it no longer; ask again without it"
                    ) from error
                changed = self._indexes.after_refusal(searched)
                if changed is None:
                    raise
                return self._answer(changed, request, filters)
        except VectorIndexNotFoundError:
            self._indexes.forget(tenant_id)
            raise

    def _answer(
        self, searched: SearchedIndex, request: QueryRequest, filters: Sequence[Filter]
    ) -> QueryAnswer:
        index, model = searched.index, self._embedder.model.uri
        scope = PageScope.of(f"{index.bucket_name}/{index.name}", model, request)
        position, notices = self._start(searched, request, scope)
        search = self._search(index, position.mode, request, filters)
        if search.text is not None and len(search.text) < len(request.query):
            notices = [*notices, CUT]

        page = search.page(position.index_token)
        check_model([hit.chunk for hit in page.hits], model, index.name)
        reaching = [hit for hit in page.hits if _reaches(hit, request.min_score)]
        hits = reaching[position.skip :]
        around: dict[str, Window] = {}
        if request.context:
            chunks = {hit.match.key: hit.chunk for hit in hits}
            around = windows(index, chunks, steps=request.context)
        matches = fitting(matched_chunk(hit, around.get(hit.match.key)) for hit in hits)
        following = None
        if len(matches) < len(hits):
            following = replace(position, skip=position.skip + len(matches))
        elif page.next_token and len(reaching) == len(page.hits):
            following = Position(position.mode, page.next_token)
        return {
            "matches": matches,
            "next_token": self._page_tokens.issue(scope, following) if following else None,
            "notices": notices,
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
        mode, notices = mode_for(
            request.mode, searched.text_search, falls_back=request.min_score is None
        )
        return Position(mode), notices

    def _search(
        self, index: VectorIndex, mode: Mode, request: QueryRequest, filters: Sequence[Filter]
    ) -> Search:
        require_mergeable(filters, mode=mode, top_k=request.top_k)
        text = words(request.query) if mode != "vector" else None
        embedding = None
        if mode != "text":
            # What is longer than the model takes says what it asks for in its beginning.
            limit = self._embedder.model.max_input_characters
            embedding = self._embedder.embed_query(request.query[:limit])
        return Search(index, mode, request.top_k, embedding, text, filters)


def words(query: str) -> str:
    """Return what of a query is searched by words: its beginning, as far as the service takes it.

    It is cut between words where that leaves any.
    """
    if len(query) <= MAX_TEXT_CHARACTERS:
        return query
    whole = _WHOLE_WORDS.match(query)
    return whole[0].rstrip() if whole else query[:MAX_TEXT_CHARACTERS]


def _reaches(hit: Hit, min_score: float | None) -> bool:
    return min_score is None or hit.score >= min_score

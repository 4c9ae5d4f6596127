"""Answering one query from one tenant's index."""

import re
import time
from collections.abc import Callable, Sequence

from embedding import Embedder
from querying.filter_parts import filter_parts, require_mergeable
from querying.filters import Filter, compile_filter
from querying.matches import matched_chunk
from querying.model_check import check_model
from querying.modes import mode_for
from querying.query import Notice, QueryAnswer, QueryRequest
from querying.search import Search
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
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._embedder = embedder
        self._indexes = SearchedIndexes(store, embedder.model.dimensions, clock=clock)

    def query(self, tenant_id: TenantId, request: QueryRequest) -> QueryAnswer:
        """Return the passages that answer the query best.

        Raises FilterError before anything is asked of the model or the index, SearchModeError for
        a `min_score` of a mode that the index does not have, VectorIndexNotFoundError for a tenant
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
            except RejectedRequestError:
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
        index = searched.index
        mode, notices = mode_for(
            request.mode, searched.text_search, falls_back=request.min_score is None
        )
        require_mergeable(filters, mode=mode, top_k=request.top_k)
        text = words(request.query) if mode != "vector" else None
        if text is not None and len(text) < len(request.query):
            notices = [*notices, CUT]
        embedding = None
        if mode != "text":
            # What is longer than the model takes says what it asks for in its beginning.
            limit = self._embedder.model.max_input_characters
            embedding = self._embedder.embed_query(request.query[:limit])
        search = Search(index, mode, request.top_k, embedding, text, filters)
        page = search.page()
        check_model([hit.match for hit in page.hits], self._embedder.model.uri, index.name)
        return {
            "matches": [
                matched_chunk(hit)
                for hit in page.hits
                if request.min_score is None or hit.score >= request.min_score
            ],
            "notices": notices,
            "tenant_id": str(index.index_name.tenant_id),
            "index": index.name,
            "mode": mode,
            "model": self._embedder.model.uri,
        }


def words(query: str) -> str:
    """Return what of a query is searched by words: its beginning, as far as the service takes it.

    It is cut between words where that leaves any.
    """
    if len(query) <= MAX_TEXT_CHARACTERS:
        return query
    whole = _WHOLE_WORDS.match(query)
    return whole[0].rstrip() if whole else query[:MAX_TEXT_CHARACTERS]

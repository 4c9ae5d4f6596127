"""Answering one query from one tenant's index."""

from pathlib import PurePosixPath

from embedding import Embedder
from querying.filters import compile_filter
from querying.query import MatchedChunk, QueryAnswer, QueryRequest
from vector_store import Match, TenantId, VectorIndex, VectorStore
from vector_store.chunk_record import from_metadata
from vector_store.errors import VectorIndexNotFoundError


class Retriever:
    """Finds the passages of a tenant's documents that answer a query."""

    def __init__(self, *, store: VectorStore[VectorIndex], embedder: Embedder) -> None:
        self._store = store
        self._embedder = embedder
        self._indexes: dict[TenantId, VectorIndex] = {}

    def query(self, tenant_id: TenantId, request: QueryRequest) -> QueryAnswer:
        """Return the passages that are nearest to the query by meaning.

        Raises FilterError before anything is asked of the model or the index,
        VectorIndexNotFoundError for a tenant without an index, and the stores' own errors.
        """
        filter = compile_filter(request.filter) if request.filter is not None else None
        index = self._index(tenant_id)
        model = self._embedder.model
        # What is longer than the model takes says what it asks for in its beginning.
        embedding = self._embedder.embed_query(request.query[: model.max_input_characters])
        try:
            matches = index.query(embedding, top_k=request.top_k, filter=filter)
        except VectorIndexNotFoundError:
            self._indexes.pop(tenant_id, None)
            raise
        return {
            "matches": [_matched(match) for match in matches],
            "tenant_id": str(tenant_id),
            "index": index.name,
            "mode": "vector",
            "model": model.uri,
        }

    def _index(self, tenant_id: TenantId) -> VectorIndex:
        """The tenant's index, which was seen to fit the model: looked at once, as that costs 22 queries."""
        index = self._indexes.get(tenant_id)
        if index is None:
            index = self._store.index("chunk", tenant_id=tenant_id)
            index.prepare(self._embedder.model.dimensions)
            self._indexes[tenant_id] = index
        return index


def _matched(match: Match) -> MatchedChunk:
    chunk = from_metadata(match.metadata)
    return {
        "chunk_id": match.key,
        "text": chunk.text,
        "score": 1 - match.distance,
        "distance": match.distance,
        "document": {
            "uri": chunk.uri,
            "key": chunk.document_key,
            "title": chunk.title or PurePosixPath(chunk.document_key).name,
            "content_type": chunk.content_type,
        },
        "location": {
            "ordinal": chunk.ordinal,
            "start": chunk.start,
            "end": chunk.end,
            "page": chunk.page,
            "headings": list(chunk.headings),
        },
        "metadata": dict(chunk.attributes),
    }

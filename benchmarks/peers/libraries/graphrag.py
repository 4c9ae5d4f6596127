"""graphrag-lexical-graph's chunk index."""

import hashlib
import time
from collections.abc import Sequence
from typing import ClassVar

from benchmarks.peers.libraries.interface import BUCKET, INDEX, Documents, Record, keys_by_place
from benchmarks.peers.model import Model


class Store:
    """The index, whose requests have 100 vectors."""

    def __init__(self, dimensions: int) -> None:
        from graphrag_toolkit.lexical_graph.storage.vector import s3_vector_indexes
        from llama_index.core.base.embeddings.base import BaseEmbedding
        from llama_index.core.schema import QueryBundle, TextNode

        class Ready(BaseEmbedding):
            embeddings: ClassVar[dict[str, list[float]]] = {}

            def _get_text_embedding(self, text: str) -> list[float]:
                return self.embeddings[text]

            def _get_query_embedding(self, query: str) -> list[float]:
                return self.embeddings[query]

            async def _aget_query_embedding(self, query: str) -> list[float]:
                return self.embeddings[query]

        self._query = QueryBundle
        self._ready = Ready()
        self._node = lambda r: TextNode(
            id_=r.key, text=r.text, metadata={"source": {"sourceId": "document"}}
        )
        self._index = s3_vector_indexes.S3VectorIndex.for_index(
            INDEX, BUCKET, embed_model=self._ready, dimensions=dimensions
        )
        self._index.writeable = True
        self._index.client  # noqa: B018 - makes the index

    def put(self, records: Sequence[Record]) -> None:
        """Store the records: the library makes the requests."""
        from llama_index.core.schema import MetadataMode

        nodes = [self._node(r) for r in records]
        self._ready.embeddings.clear()
        for node, record in zip(nodes, records, strict=True):
            self._ready.embeddings[node.get_content(MetadataMode.EMBED)] = record.embedding
        self._index.add_embeddings(nodes)

    def end(self, keys: Sequence[str]) -> None:
        """Mark records as those of an earlier version."""
        self._index.update_versioning(int(time.time() * 1_000), list(keys))

    def query(self, embedding: list[float], top_k: int) -> int:
        """Ask once: the library takes at most 100."""
        return len(self._index.top_k(self._query("-", embedding=embedding), top_k))


class Versions(Documents):
    """Versioned updates: ids are a version's own, and the former version's chunks are marked as ended."""

    def __init__(self, model: Model) -> None:
        self._model, self._store = model, Store(model.dimensions)
        self._known: dict[str, list[str]] = {}

    def index(self, name: str, chunks: Sequence[str]) -> None:
        """Add all chunks under new ids, then end the former ones."""
        version = hashlib.sha256("\n\n".join(chunks).encode()).hexdigest()[:8]
        keys = keys_by_place(f"{name}:{version}", len(chunks))
        self._store.put(list(map(Record, keys, chunks, map(self._model.embed, chunks))))
        if former := self._known.get(name):
            self._store.end(former)
        self._known[name] = keys

"""dynavec: eight threads, as it has them by default."""

from collections.abc import Sequence
from typing import Any

from benchmarks.peers.libraries.interface import (
    BUCKET,
    INDEX,
    MAX_VECTORS,
    Documents,
    Record,
    create_index,
    largest_batch,
)
from benchmarks.peers.model import Model


def _config(dimensions: int, **settings: Any) -> Any:
    from dynavec.config import DynavecConfig

    return DynavecConfig(
        vector_bucket=BUCKET,
        index=INDEX,
        table="peers",
        dimension=dimensions,
        region="us-east-1",
        **settings,
    )


class Store:
    """Its vectors; the texts, which it keeps in DynamoDB, are put in the metadata."""

    def __init__(self, dimensions: int) -> None:
        from dynavec.stores.s3vectors import S3VectorsStore

        self._store = S3VectorsStore(_config(dimensions))
        create_index(self._store._client, dimensions, "value")  # noqa: SLF001 - its own is DynamoDB's too

        # It cuts by count alone: where 500 vectors are too many bytes, its caller has to.
        batch = largest_batch(dimensions)
        self._batch = batch if batch < MAX_VECTORS else None

    def put(self, records: Sequence[Record]) -> None:
        """Store the records: the store makes the requests."""
        batch = self._batch or len(records)
        for start in range(0, len(records), batch):
            part = records[start : start + batch]
            self._store.put_vectors([(r.key, r.embedding, {"value": r.text}) for r in part])

    def query(self, embedding: list[float], top_k: int) -> int:
        """Ask, page by page."""
        return len(self._store.query(embedding, top_k))


class Upserts(Documents):
    """All of it, DynamoDB too; ids as its `ingest` makes them, and texts copied to the vectors."""

    def __init__(self, model: Model) -> None:
        from dynavec import Document, Dynavec
        from dynavec.embeddings.base import Embedder

        class Embedding(Embedder):
            dimension = model.dimensions

            def embed_documents(self, texts: list[str]) -> list[list[float]]:
                return [model.embed(text) for text in texts]

        self._document = Document
        config = _config(model.dimensions, store_text_in_s3vectors=True, auto_provision=True)
        self._db = Dynavec(config, Embedding())

    def index(self, name: str, chunks: Sequence[str]) -> None:
        """Upsert all chunks."""
        self._db.upsert(
            [
                self._document(f"{name}#chunk{n}", text, metadata={"source_id": name, "chunk": n})
                for n, text in enumerate(chunks)
            ]
        )

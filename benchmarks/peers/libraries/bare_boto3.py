"""boto3 alone: its caller knows the service's limits, and what was put."""

from collections.abc import Sequence

from benchmarks.peers.libraries.interface import (
    BUCKET,
    INDEX,
    Documents,
    Record,
    create_index,
    keys_by_place,
    largest_batch,
)
from benchmarks.peers.model import Model


class Store:
    """The largest requests."""

    def __init__(self, dimensions: int) -> None:
        import boto3

        self._client = boto3.client("s3vectors")
        self._batch = largest_batch(dimensions)
        create_index(self._client, dimensions, "value")

    def put(self, records: Sequence[Record]) -> None:
        """Store the records."""
        for start in range(0, len(records), self._batch):
            vectors = [
                {"key": r.key, "data": {"float32": r.embedding}, "metadata": {"value": r.text}}
                for r in records[start : start + self._batch]
            ]
            self._client.put_vectors(vectorBucketName=BUCKET, indexName=INDEX, vectors=vectors)

    def delete(self, keys: Sequence[str]) -> None:
        """Delete as many records as one request can name, at most."""
        self._client.delete_vectors(vectorBucketName=BUCKET, indexName=INDEX, keys=keys)

    def query(self, embedding: list[float], top_k: int) -> int:
        """Ask, page by page."""
        pages = self._client.get_paginator("query_vectors").paginate(
            vectorBucketName=BUCKET,
            indexName=INDEX,
            topK=top_k,
            queryVector={"float32": embedding},
            returnMetadata=True,
            returnDistance=True,
        )
        return sum(len(page["vectors"]) for page in pages)


class Chunks(Documents):
    """Keys by place: all chunks are put again, and what a longer version left is deleted."""

    def __init__(self, model: Model) -> None:
        self._model, self._store = model, Store(model.dimensions)
        self._known: dict[str, int] = {}

    def index(self, name: str, chunks: Sequence[str]) -> None:
        """Put, then delete the tail."""
        keys = keys_by_place(name, len(chunks))
        self._store.put(list(map(Record, keys, chunks, map(self._model.embed, chunks))))
        if tail := keys_by_place(name, self._known.get(name, 0))[len(keys) :]:
            self._store.delete(tail)
        self._known[name] = len(keys)

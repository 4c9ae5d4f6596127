"""dropvec: its store, and its indexing function."""

import os
from collections.abc import Sequence

from benchmarks.hidden_numpy import hidden_numpy
from benchmarks.peers.libraries.interface import BUCKET, INDEX, Documents, Record
from benchmarks.peers.model import Model


class Store:
    """The store, as the indexing function uses it."""

    def __init__(self, dimensions: int) -> None:
        from vector_store import Vector, VectorStoreFactory

        self._vector = Vector
        store = VectorStoreFactory.for_vector_store(f"s3vectors://{BUCKET}")
        self._index = store.index(INDEX)
        self._index.prepare(dimensions)

    def put(self, records: Sequence[Record]) -> None:
        """Store the records: the store makes the requests."""
        self._index.put(self._vector(r.key, r.embedding, {"value": r.text}) for r in records)

    def query(self, embedding: list[float], top_k: int) -> int:
        """Ask, page by page."""
        return len(self._index.query(embedding, top_k=top_k))


class StoreWithoutNumpy(Store):
    """The store in a process that has no NumPy, as far as it can see."""

    def put(self, records: Sequence[Record]) -> None:
        """Store the records: the store makes the requests."""
        with hidden_numpy():
            super().put(records)


class IndexingFunction(Documents):
    """The function, called as S3's notification calls it; it embeds by Bedrock."""

    def __init__(self, model: Model) -> None:  # noqa: ARG002 - it asks the endpoint's
        from botocore.session import Session

        from indexing import handler
        from local.lambda_runtime import LocalContext

        self._bucket = os.environ["DOCUMENTS_BUCKET"]
        self._s3 = Session().create_client("s3")
        self._handler, self._context = handler.lambda_handler, LocalContext

    def receive(self, name: str, chunks: Sequence[str]) -> None:
        """Put the document into the bucket."""
        body = "\n\n".join(chunks).encode()
        self._s3.put_object(Bucket=self._bucket, Key=f"{name}.txt", Body=body)

    def index(self, name: str, chunks: Sequence[str]) -> None:  # noqa: ARG002 - the bucket has them
        """Have the function look at the document, and cut it."""
        record = {
            "eventSource": "aws:s3",
            "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": self._bucket}, "object": {"key": f"{name}.txt"}},
        }
        self._handler({"Records": [record]}, self._context("indexing", 900))

"""langchain-aws, its text not filterable, and an index that is there: it need not ask at each call."""

from collections.abc import Sequence
from typing import Any

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


def _vectors(embedding: Any, dimensions: int) -> Any:
    from langchain_aws.vectorstores.s3_vectors import AmazonS3Vectors

    vectors = AmazonS3Vectors(
        vector_bucket_name=BUCKET,
        index_name=INDEX,
        embedding=embedding,
        create_index_if_not_exist=False,
    )
    create_index(vectors.client, dimensions, "_page_content")
    return vectors


class Store:
    """`add_texts`, in the largest requests that fit."""

    def __init__(self, dimensions: int) -> None:
        self._batch = largest_batch(dimensions)
        self._embeddings: dict[str, list[float]] = {}
        self._vectors = _vectors(self, dimensions)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """What the library asks its embedding for: it is there already."""
        return [self._embeddings[text] for text in texts]

    def put(self, records: Sequence[Record]) -> None:
        """Store the records."""
        self._embeddings = {r.text: r.embedding for r in records}
        texts, ids = [r.text for r in records], [r.key for r in records]
        self._vectors.add_texts(texts, ids=ids, batch_size=self._batch)

    def query(self, embedding: list[float], top_k: int) -> int:
        """Ask once: the library reads one page."""
        return len(self._vectors.similarity_search_by_vector(embedding, k=top_k))


class AddedDocuments(Documents):
    """`add_documents` with ids by place: what has the same id is replaced."""

    def __init__(self, model: Model) -> None:
        from langchain_core.documents import Document

        self._model, self._document = model, Document
        self._vectors = _vectors(self, model.dimensions)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """What the library asks its embedding for."""
        return [self._model.embed(text) for text in texts]

    def index(self, name: str, chunks: Sequence[str]) -> None:
        """Add all chunks."""
        ids = keys_by_place(name, len(chunks))
        self._vectors.add_documents(self._documents(name, chunks), ids=ids)

    def _documents(self, name: str, chunks: Sequence[str]) -> list[Any]:
        return [self._document(page_content=text, metadata={"source": name}) for text in chunks]


class IndexedDocuments(AddedDocuments):
    """The indexing API: its record manager knows a source's chunks by their hashes."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        from langchain_core.indexing import InMemoryRecordManager, index

        self._index, self._records = index, InMemoryRecordManager("peers")

    def index(self, name: str, chunks: Sequence[str]) -> None:
        """Index all chunks; what the source had and has no more is deleted."""
        self._index(
            self._documents(name, chunks),
            self._records,
            self._vectors,
            cleanup="incremental",
            source_id_key="source",
            key_encoder="sha256",
        )

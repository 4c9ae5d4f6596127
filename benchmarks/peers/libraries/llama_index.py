"""llama-index-vector-stores-s3, in the largest requests that fit."""

import uuid
from collections.abc import Sequence
from typing import Any

from benchmarks.peers.libraries.interface import BUCKET, INDEX, Documents, Record, largest_batch
from benchmarks.peers.model import Model


def _vectors(dimensions: int) -> Any:
    from llama_index.vector_stores.s3 import S3VectorStore

    return S3VectorStore.create_index_from_bucket(
        bucket_name_or_arn=BUCKET,
        index_name=INDEX,
        dimension=dimensions,
        insert_batch_size=largest_batch(dimensions),
    )


class Store:
    """Nodes that have their embeddings."""

    def __init__(self, dimensions: int) -> None:
        from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
        from llama_index.core.vector_stores.types import VectorStoreQuery

        self._query = VectorStoreQuery
        self._node = lambda r: TextNode(
            id_=r.key,
            text=r.text,
            embedding=r.embedding,
            relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id="document")},
        )
        self._vectors = _vectors(dimensions)

    def put(self, records: Sequence[Record]) -> None:
        """Store the records."""
        self._vectors.add([self._node(r) for r in records])

    def delete(self, keys: Sequence[str]) -> None:
        """Delete nodes by their ids."""
        self._vectors.delete_nodes(list(keys))

    def query(self, embedding: list[float], top_k: int) -> int:
        """Ask once: the library reads one page."""
        query = self._query(query_embedding=embedding, similarity_top_k=top_k)
        return len(self._vectors.query(query).nodes)


class Pipeline(Documents):
    """An ingestion pipeline with a document store: a changed document is deleted, and added again."""

    def __init__(self, model: Model) -> None:
        from llama_index.core import Document
        from llama_index.core.embeddings import BaseEmbedding
        from llama_index.core.ingestion import IngestionPipeline
        from llama_index.core.node_parser import TextSplitter
        from llama_index.core.storage.docstore import SimpleDocumentStore

        class Paragraphs(TextSplitter):
            def split_text(self, text: str) -> list[str]:
                return text.split("\n\n")

        class Embedding(BaseEmbedding):
            def _get_text_embedding(self, text: str) -> list[float]:
                return model.embed(text)

            def _get_query_embedding(self, query: str) -> list[float]:
                return model.embed(query)

            async def _aget_query_embedding(self, query: str) -> list[float]:
                return model.embed(query)

        self._document = Document
        self._pipeline = IngestionPipeline(
            transformations=[Paragraphs(), Embedding()],
            docstore=SimpleDocumentStore(),
            vector_store=_vectors(model.dimensions),
        )

    def index(self, name: str, chunks: Sequence[str]) -> None:
        """Run the pipeline on the document."""
        self._pipeline.run(documents=[self._document(text="\n\n".join(chunks), id_=name)])


class Nodes(Documents):
    """Nodes whose ids the caller keeps: the new ones are added, and the former ones deleted."""

    def __init__(self, model: Model) -> None:
        self._model, self._store = model, Store(model.dimensions)
        self._known: dict[str, list[str]] = {}

    def index(self, name: str, chunks: Sequence[str]) -> None:
        """Add, then delete."""
        keys = [str(uuid.uuid4()) for _ in chunks]
        self._store.put(list(map(Record, keys, chunks, map(self._model.embed, chunks))))
        if former := self._known.get(name):
            self._store.delete(former)
        self._known[name] = keys

"""Each library as its documentation uses it, at its best setting, behind one interface.

A library is imported when its client is made: what that costs is one of the cases.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

BUCKET = "peers"
INDEX = "chunk"
MAX_BODY_BYTES = 20_971_520
MAX_VECTORS = 500

# What a component takes at most in botocore's JSON, and what surrounds a vector of these cases.
_BYTES_PER_COMPONENT = 24
_BYTES_AROUND_VECTOR = 2_000


@dataclass(frozen=True, slots=True)
class Record:
    """What is put: the embedding as a list of floats, as models return it."""

    key: str
    text: str
    embedding: list[float]


class Client(Protocol):
    """One library's store of one index."""

    def __init__(self, dimensions: int) -> None:
        """Connect, and make the index as the library makes it."""

    def put(self, records: Sequence[Record]) -> None:
        """Store the records."""

    def query(self, embedding: list[float], top_k: int) -> int:
        """Return how many matches the library found, with their texts."""


def largest_batch(dimensions: int) -> int:
    """Return how many vectors a request can surely take, where the caller has to choose."""
    vector_bytes = _BYTES_PER_COMPONENT * dimensions + _BYTES_AROUND_VECTOR
    return min(MAX_VECTORS, MAX_BODY_BYTES // vector_bytes)


def _create_index(client: Any, dimensions: int, *non_filterable: str) -> None:
    client.create_index(
        vectorBucketName=BUCKET,
        indexName=INDEX,
        dataType="float32",
        dimension=dimensions,
        distanceMetric="cosine",
        metadataConfiguration={"nonFilterableMetadataKeys": list(non_filterable)},
    )


class Dropvec:
    """dropvec's store, as its indexing function uses it."""

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


class Boto3:
    """boto3 alone, in the largest requests."""

    def __init__(self, dimensions: int) -> None:
        import boto3

        self._client = boto3.client("s3vectors")
        self._batch = largest_batch(dimensions)
        _create_index(self._client, dimensions, "value")

    def put(self, records: Sequence[Record]) -> None:
        """Store the records."""
        for start in range(0, len(records), self._batch):
            vectors = [
                {"key": r.key, "data": {"float32": r.embedding}, "metadata": {"value": r.text}}
                for r in records[start : start + self._batch]
            ]
            self._client.put_vectors(vectorBucketName=BUCKET, indexName=INDEX, vectors=vectors)

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


class LangchainAws:
    """langchain-aws, its text not filterable, in the largest requests that fit."""

    def __init__(self, dimensions: int) -> None:
        from langchain_aws.vectorstores.s3_vectors import AmazonS3Vectors

        self._batch = largest_batch(dimensions)
        self._embeddings: dict[str, list[float]] = {}
        self._store = AmazonS3Vectors(
            vector_bucket_name=BUCKET,
            index_name=INDEX,
            embedding=self,
            non_filterable_metadata_keys=["_page_content"],
        )

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """What the library asks its embedding for: it is there already."""
        return [self._embeddings[text] for text in texts]

    def put(self, records: Sequence[Record]) -> None:
        """Store the records."""
        self._embeddings = {r.text: r.embedding for r in records}
        texts, ids = [r.text for r in records], [r.key for r in records]
        self._store.add_texts(texts, ids=ids, batch_size=self._batch)

    def query(self, embedding: list[float], top_k: int) -> int:
        """Ask once: the library reads one page."""
        return len(self._store.similarity_search_by_vector(embedding, k=top_k))


class LlamaIndex:
    """llama-index-vector-stores-s3, in the largest requests that fit."""

    def __init__(self, dimensions: int) -> None:
        from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
        from llama_index.core.vector_stores.types import VectorStoreQuery
        from llama_index.vector_stores.s3 import S3VectorStore

        self._query = VectorStoreQuery
        self._node = lambda r: TextNode(
            id_=r.key,
            text=r.text,
            embedding=r.embedding,
            relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id="document")},
        )
        self._store = S3VectorStore.create_index_from_bucket(
            bucket_name_or_arn=BUCKET,
            index_name=INDEX,
            dimension=dimensions,
            insert_batch_size=largest_batch(dimensions),
        )

    def put(self, records: Sequence[Record]) -> None:
        """Store the records."""
        self._store.add([self._node(r) for r in records])

    def query(self, embedding: list[float], top_k: int) -> int:
        """Ask once: the library reads one page."""
        query = self._query(query_embedding=embedding, similarity_top_k=top_k)
        return len(self._store.query(query).nodes)


class Dynavec:
    """dynavec's vectors; the texts, which it keeps in DynamoDB, are put in the metadata."""

    def __init__(self, dimensions: int) -> None:
        from dynavec.config import DynavecConfig
        from dynavec.stores.s3vectors import S3VectorsStore

        config = DynavecConfig(
            vector_bucket=BUCKET,
            index=INDEX,
            table="none",
            dimension=dimensions,
            region="us-east-1",
        )
        self._store = S3VectorsStore(config)
        _create_index(self._store._client, dimensions, "value")  # noqa: SLF001 - its own is DynamoDB's too

    def put(self, records: Sequence[Record]) -> None:
        """Store the records: the store makes the requests."""
        self._store.put_vectors([(r.key, r.embedding, {"value": r.text}) for r in records])

    def query(self, embedding: list[float], top_k: int) -> int:
        """Ask, page by page."""
        return len(self._store.query(embedding, top_k))


class GraphragToolkit:
    """graphrag-lexical-graph's chunk index."""

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
        for node, record in zip(nodes, records, strict=True):
            self._ready.embeddings[node.get_content(MetadataMode.EMBED)] = record.embedding
        self._index.add_embeddings(nodes)

    def query(self, embedding: list[float], top_k: int) -> int:
        """Ask once: the library takes at most 100."""
        return len(self._index.top_k(self._query("-", embedding=embedding), top_k))


CLIENTS: dict[str, type[Client]] = {
    "dropvec": Dropvec,
    "boto3": Boto3,
    "langchain-aws": LangchainAws,
    "llama-index-vector-stores-s3": LlamaIndex,
    "dynavec": Dynavec,
    "graphrag-lexical-graph": GraphragToolkit,
}

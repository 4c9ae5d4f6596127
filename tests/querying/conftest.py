"""A tenant's index on a local service, and the retriever that answers from it."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.session import Session
from msgspec.structs import replace

from embedding import Embedding, EmbeddingModel, TokenCounter, at_any_time, uncounted
from local.s3vectors import LocalServer, S3VectorsService
from querying.page_tokens import PageTokens
from querying.query_schema import QueryAnswer, QueryRequest
from querying.retriever import Retriever
from tests.fakes.hashing_bedrock import embed
from tests.vector_store.stored_metadata import stored_metadata
from vector_store import TenantId, Vector, VectorStoreFactory, s3vectors_client
from vector_store.chunk_record import ChunkRecord, chunk_key, from_metadata

DIMENSIONS = 64
TENANT = TenantId("acme")
BUCKET = "vectors"
INDEX = {"vectorBucketName": BUCKET, "indexName": "chunk-acme"}


class HashingEmbedder:
    """Texts that share words are near."""

    model = EmbeddingModel("bedrock://hashing", DIMENSIONS, 8_192, 2_048)

    def __init__(self) -> None:
        self.queries: list[str] = []

    def embed_query(self, text: str, *, counted: TokenCounter = uncounted) -> list[float]:
        counted(len(text.split()))
        self.queries.append(text)
        return embed(text, DIMENSIONS)

    def embed_documents(
        self,
        texts: Any,
        *,
        before_call: Callable[[], None] = at_any_time,
        counted: TokenCounter = uncounted,
    ) -> Iterator[tuple[int, Embedding]]:
        before_call()
        counted(sum(len(text.split()) for text in texts))
        return enumerate(embed(text, DIMENSIONS) for text in texts)


@dataclass
class FixedKeys:
    """Paging keys that a test sets."""

    keys: list[bytes]

    def current(self) -> list[bytes]:
        return self.keys

    renewed = current


@dataclass
class Clock:
    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Shelf:
    """An index, what is put into it, and what is asked of it."""

    service: S3VectorsService
    client: Any
    clock: Clock = field(default_factory=Clock)
    embedder: HashingEmbedder = field(default_factory=HashingEmbedder)

    def __post_init__(self) -> None:
        self.index = VectorStoreFactory.for_vector_store(
            f"s3vectors://{BUCKET}", client=self.client
        ).index("chunk", tenant_id=TENANT)
        self.retriever = self.new_retriever()

    def new_retriever(self, **settings: Any) -> Retriever:
        """A retriever of a container that has just started."""
        store = VectorStoreFactory.for_vector_store(
            f"s3vectors://{BUCKET}", client=self.client, read_only=True
        )
        collaborators = {
            "page_tokens": PageTokens(FixedKeys([b"k" * 32]), clock=self.clock),
            **settings,
        }
        return Retriever(store=store, embedder=self.embedder, clock=self.clock, **collaborators)

    def create_plain(self) -> None:
        """Create the index as it was before there was full-text search."""
        self.service.call("CreateVectorBucket", {"vectorBucketName": BUCKET})
        self.create_index()

    def create_index(self, **settings: Any) -> None:
        fitting = {
            "dataType": "float32",
            "dimension": DIMENSIONS,
            "distanceMetric": "cosine",
            "metadataConfiguration": {"nonFilterableMetadataKeys": ["value", "metadata"]},
        }
        self.service.call("CreateIndex", {**INDEX, **fitting, **settings})

    def configure_text_search(self, change: str) -> None:
        """Let somebody `add` or `delete` full-text search."""
        configuration = {"textSearchConfigurations": [{"metadataKey": "value"}]}
        self.service.call("UpdateMetadataConfiguration", {**INDEX, change: configuration})

    def put(self, *texts: str, document: str = "notes.txt", **attributes: Any) -> list[str]:
        """Store a document of these chunks; returns their keys."""
        records, start = [], 0
        for ordinal, text in enumerate(texts):
            records.append(
                ChunkRecord(
                    text=text,
                    uri=f"s3://documents/{document}",
                    document_key=document,
                    ordinal=ordinal,
                    start=start,
                    end=start + len(text),
                    content_type="text/plain",
                    attributes=attributes,
                )
            )
            start += len(text) + 1
        keys = [chunk_key(document, record.text, record.ordinal) for record in records]
        around = zip([None, *keys[:-1]], [*keys[1:], None], strict=True)
        linked = [
            replace(record, previous=previous, following=following)
            for record, (previous, following) in zip(records, around, strict=True)
        ]
        self.put_chunks(dict(zip(keys, linked, strict=True)))
        return keys

    def put_chunks(self, records: dict[str, ChunkRecord]) -> None:
        self.index.put(
            Vector(key, embed(record.text, DIMENSIONS), stored_metadata(key, record))
            for key, record in records.items()
        )

    def chunk(self, key: str) -> ChunkRecord:
        """A chunk as the index holds it."""
        return from_metadata(self.index.get([key])[key].metadata)

    def ask(self, query: str, **request: Any) -> QueryAnswer:
        return self.retriever.query(TENANT, QueryRequest(query=query, **request))

    def operations(self) -> list[str]:
        """The requests that the service got since the last time."""
        made = [call.operation for call in self.service.calls.of() if call.request_bytes]
        self.service.calls.clear()
        return made


@pytest.fixture(scope="session")
def session() -> Session:
    session = Session()
    session.set_credentials("local", "local")
    session.set_config_variable("region", "us-east-1")
    return session


of_before_enhanced_mode = pytest.mark.parametrize(
    "shelf", [{"clock": lambda: datetime(2026, 9, 29, tzinfo=UTC)}], indirect=True
)


@pytest.fixture
def shelf(
    request: pytest.FixtureRequest, session: Session, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shelf]:
    settings = getattr(request, "param", {})
    service = S3VectorsService(background=lambda work: work(), **settings)
    with LocalServer(service) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3VECTORS", server.url)
        with closing(s3vectors_client(session)) as client:
            yield Shelf(service, client)

"""What is asked of a library: as a store of vectors, and as a keeper of documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

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
        """Import the library, connect, and make the index as the library makes it."""

    def put(self, records: Sequence[Record]) -> None:
        """Store the records."""

    def query(self, embedding: list[float], top_k: int) -> int:
        """Return how many matches the library found, with their texts."""


class Documents:
    """One library, and the documents that it keeps in the index."""

    def receive(self, name: str, chunks: Sequence[str]) -> None:
        """Take a document, which is not measured: only dropvec has a place for it."""

    def index(self, name: str, chunks: Sequence[str]) -> None:
        """Index a document, or its next version."""
        raise NotImplementedError


def largest_batch(dimensions: int) -> int:
    """Return how many vectors a request can surely take, where the caller has to choose."""
    vector_bytes = _BYTES_PER_COMPONENT * dimensions + _BYTES_AROUND_VECTOR
    return min(MAX_VECTORS, MAX_BODY_BYTES // vector_bytes)


def create_index(client: Any, dimensions: int, *non_filterable: str) -> None:
    """Make the index, where a library leaves that to its caller."""
    client.create_index(
        vectorBucketName=BUCKET,
        indexName=INDEX,
        dataType="float32",
        dimension=dimensions,
        distanceMetric="cosine",
        metadataConfiguration={"nonFilterableMetadataKeys": list(non_filterable)},
    )


def keys_by_place(name: str, count: int) -> list[str]:
    """Return the keys of a document's chunks, where they are the document's and a number."""
    return [f"{name}#{place}" for place in range(count)]

"""What is asked of every library."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a library does in a case."""

    PUT = "put"
    SMALL_PUTS = "small puts"
    QUERY = "query"
    MANY_MATCHES = "many matches"
    UPDATE = "update"
    START = "start"


class Digits(StrEnum):
    """How many digits the numbers of an embedding have where a library gets them."""

    DOUBLE = "double"
    """As many as a double has, 17: what NumPy's `tolist` makes of float32."""
    FLOAT32 = "float32"
    """As few as tell a float32, 8 or 9: what models print, and `json.loads` reads."""


LIBRARIES = (
    "dropvec",
    "boto3",
    "langchain-aws",
    "llama-index-vector-stores-s3",
    "dynavec",
    "graphrag-lexical-graph",
)

WITHOUT_NUMPY = "dropvec, without NumPy"
"""As in Lambda, where its functions get few digits: here NumPy makes the vectors, and is in the process."""
INDEXING_API = "langchain-aws, indexing API"
DELETE_NODES = "llama-index-vector-stores-s3, delete_nodes"
"""Second ways to keep a document up to date: langchain's own, and what is left of llama-index's."""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that is asked of every library."""

    name: str
    title: str
    kind: Kind
    minutes: float
    """What one run of all libraries takes on two processors that do nothing else."""
    dimensions: int = 1_024
    count: int = 1_000
    digits: Digits = Digits.DOUBLE
    failing: float = 0.0
    """The part of requests that are answered with ServiceUnavailableException."""
    repeated: int = 1
    """How often it is measured in one run."""
    limit_seconds: float = 7_200.0
    """A library that is not done by then is stopped."""
    is_large: bool = False
    """Whether it is measured only where its name is given."""
    libraries: tuple[str, ...] = LIBRARIES


CASES = (
    Case(
        "put",
        "1,000 records of 1,024 dimensions",
        Kind.PUT,
        0.9,
        libraries=(LIBRARIES[0], WITHOUT_NUMPY, *LIBRARIES[1:]),
    ),
    Case(
        "put-short",
        "1,000 records of 1,024 dimensions, in as few digits as models print",
        Kind.PUT,
        0.8,
        digits=Digits.FLOAT32,
    ),
    Case("put-3072", "1,000 records of 3,072 dimensions", Kind.PUT, 1.5, dimensions=3_072),
    Case("put-500", "500 records of 1,024 dimensions, in one call", Kind.PUT, 0.5, count=500),
    Case(
        "put-100000",
        "100,000 records of 1,024 dimensions",
        Kind.PUT,
        25,
        count=100_000,
        is_large=True,
    ),
    Case(
        "put-100000-3072",
        "100,000 records of 3,072 dimensions",
        Kind.PUT,
        60,
        dimensions=3_072,
        count=100_000,
        is_large=True,
    ),
    Case(
        "faults",
        "1,000 records, ten a call, 10 % of requests failing",
        Kind.SMALL_PUTS,
        1.0,
        dimensions=256,
        failing=0.1,
    ),
    Case(
        "faults-30",
        "1,000 records, ten a call, 30 % of requests failing",
        Kind.SMALL_PUTS,
        1.0,
        dimensions=256,
        failing=0.3,
    ),
    Case(
        "update",
        "One document indexed again, in which 2 of 20 chunks changed and 3 vanished",
        Kind.UPDATE,
        1.0,
        limit_seconds=120,
        libraries=(*LIBRARIES[:3], INDEXING_API, LIBRARIES[3], DELETE_NODES, *LIBRARIES[4:]),
    ),
    Case("query", "50 queries for ten matches", Kind.QUERY, 0.6),
    Case("query-1000", "One query for 1,000 matches", Kind.MANY_MATCHES, 0.5, count=1_200),
    Case(
        "start",
        "Importing the library and making its client",
        Kind.START,
        1.0,
        repeated=5,
    ),
)

CHARTED = CASES[:2]

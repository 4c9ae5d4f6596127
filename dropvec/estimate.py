"""What a deployment costs a month, estimated from what it is to hold and to be asked."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from embedding import ModelUri
from metering import prices
from metering.prices import PRICES
from metering.typical_vector import PREFIX_CHARACTERS, TypicalVector
from metering.usage import MIN_PUT_BYTES

CHARACTERS_PER_TOKEN = 4.7
QUERY_TOKENS = 20

MAX_PUT_VECTORS = 500
HOURS = 730
"""Of a month."""

INDEXING_GB, QUERYING_GB = 1769 / 1024, 1.0
INDEXING_SECONDS, INDEXING_SECONDS_PER_CHUNK, QUERYING_SECONDS = 1.0, 0.02, 0.3
"""Assumed: no deployment was measured. They are the estimate's weakest numbers."""

CATALOG_WRITES, CATALOG_READS, BUCKET_READS, QUEUE_REQUESTS = 8, 2, 5, 3
"""Of a document that is indexed (docs/indexing.md counts the requests), its key list aside."""
CATALOG_BYTES_PER_CHUNK = 60
LOG_BYTES_PER_DOCUMENT, LOG_BYTES_PER_QUERY = 2_000, 1_500


@dataclass(frozen=True, slots=True)
class Workload:
    """What a deployment is to hold, and how often it changes and is asked."""

    tenants: int
    documents: int
    """Of each tenant."""
    chunks: int
    """Of each document."""
    queries: int
    """Of each tenant, a month."""
    changed: float
    """The share of all documents that is indexed anew in a month."""
    model: ModelUri
    chunk_size: int
    """Characters of a chunk."""

    @property
    def all_documents(self) -> int:
        """Of all tenants."""
        return self.tenants * self.documents

    @property
    def all_chunks(self) -> int:
        """Of all tenants."""
        return self.all_documents * self.chunks

    @property
    def all_queries(self) -> int:
        """Of all tenants, a month."""
        return self.tenants * self.queries

    @property
    def vector(self) -> TypicalVector:
        """That of each chunk."""
        return TypicalVector(self.model.dimensions, self.chunk_size)


@dataclass(frozen=True, slots=True)
class Line:
    """One part of the cost, in US dollars."""

    what: str
    once: float
    """To index everything for the first time."""
    monthly: float


def estimate(work: Workload) -> list[Line]:
    """Return the parts of what it costs, with an index for each tenant."""
    return [*_vectors(work), *_surroundings(work)]


def in_own_indexes(work: Workload) -> float:
    """Return what S3 Vectors and the embedding model charge a month, with an index for each tenant."""
    return sum(line.monthly for line in _vectors(work))


def in_one_index(work: Workload) -> float:
    """Return the same for one index of all tenants, each of whose queries is filtered by tenant."""
    processing = PRICES.of_processing(work.all_chunks, work.vector.searched_bytes)
    others = [line.monthly for line in _vectors(work) if line.what != _PROCESSED]
    return sum(others) + work.all_queries * processing


def in_opensearch() -> float:
    """Return what the smallest OpenSearch Serverless collection with a second copy costs a month, empty."""
    return prices.OPENSEARCH_UNIT_HOUR * prices.OPENSEARCH_LEAST_UNITS * HOURS


def in_managed_knowledge_base(work: Workload) -> float:
    """Return what a managed knowledge base of Amazon Bedrock charges a month for the text and the queries."""
    gigabytes = work.all_chunks * work.chunk_size / PRICES.gigabyte
    stored = gigabytes * prices.MANAGED_GB_MONTH
    return stored + work.all_queries * prices.MANAGED_QUERY


_PROCESSED = "S3 Vectors: processed by queries"


def _vectors(work: Workload) -> Iterator[Line]:
    stored = PRICES.of_storage(work.all_chunks * work.vector.stored_bytes)
    put = work.all_documents * _put(work)
    tokens = (work.chunk_size + PREFIX_CHARACTERS) / CHARACTERS_PER_TOKEN
    token = PRICES.embedded_tokens[work.model.foundation_model]
    embedding = work.all_chunks * tokens * token
    processing = PRICES.of_processing(work.documents * work.chunks, work.vector.searched_bytes)
    deleting = work.changed * work.all_documents * PRICES.other_request
    yield Line("S3 Vectors: stored", 0.0, stored)
    yield Line("S3 Vectors: put, and old chunks deleted", put, work.changed * put + deleting)
    yield Line("S3 Vectors: queries", 0.0, work.all_queries * PRICES.query)
    yield Line(_PROCESSED, 0.0, work.all_queries * processing)
    yield Line("Bedrock: chunks embedded", embedding, work.changed * embedding)
    yield Line("Bedrock: queries embedded", 0.0, work.all_queries * QUERY_TOKENS * token)


def _put(work: Workload) -> float:
    """Dollars for the chunks of one document, which comes alone: documents that come together pay less."""
    full, rest = divmod(work.chunks, MAX_PUT_VECTORS)
    requests = [MAX_PUT_VECTORS] * full + ([rest] if rest else [])
    billed = sum(max(MIN_PUT_BYTES, vectors * work.vector.stored_bytes) for vectors in requests)
    return billed / PRICES.gigabyte * PRICES.put_gb


def _surroundings(work: Workload) -> Iterator[Line]:
    seconds = INDEXING_SECONDS + INDEXING_SECONDS_PER_CHUNK * work.chunks
    key_list = math.ceil(CATALOG_BYTES_PER_CHUNK * work.chunks / 1024)
    log_byte = prices.LOG_GB / PRICES.gigabyte
    of_document = {
        "Lambda: indexing": prices.FUNCTION_REQUEST
        + seconds * INDEXING_GB * prices.FUNCTION_GB_SECOND,
        "DynamoDB, S3 and SQS: requests": (CATALOG_WRITES + key_list) * prices.CATALOG_WRITE
        + CATALOG_READS * prices.CATALOG_READ
        + BUCKET_READS * prices.BUCKET_READ
        + QUEUE_REQUESTS * prices.QUEUE_REQUEST,
    }
    for what, dollars in of_document.items():
        once = work.all_documents * dollars
        yield Line(what, once, work.changed * once)
    of_query = QUERYING_SECONDS * QUERYING_GB * prices.FUNCTION_GB_SECOND + prices.FUNCTION_REQUEST
    yield Line("Lambda: querying", 0.0, work.all_queries * of_query)
    yield Line("API Gateway: requests", 0.0, work.all_queries * prices.API_REQUEST)
    logs = work.all_documents * LOG_BYTES_PER_DOCUMENT * log_byte
    asked = work.all_queries * LOG_BYTES_PER_QUERY * log_byte
    yield Line("CloudWatch: logs", logs, work.changed * logs + asked)

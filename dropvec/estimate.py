"""What a deployment costs a month, estimated from what it is to hold and to be asked."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from catalog.key_pages import ENTRY_BYTES
from embedding import ModelUri
from metering import prices
from metering.prices import PRICES
from metering.typical_vector import PREFIX_CHARACTERS, TypicalVector
from metering.usage import MIN_PUT_BYTES
from vector_store.put_body import MAX_PUT_VECTORS
from vector_store.vector_index import MAX_GET_KEYS
from vector_store.writable_index import MAX_DELETE_KEYS

CHARACTERS_PER_TOKEN = 4.7
QUERY_TOKENS = 20

HOURS = 730
"""Of a month."""

INDEXING_GB, QUERYING_GB = 1769 / 1024, 1.0
INDEXING_SECONDS, INDEXING_SECONDS_PER_CHUNK, QUERYING_SECONDS = 1.0, 0.02, 0.3
"""Assumed: no deployment was measured. They are the estimate's weakest numbers."""

CATALOG_WRITES, CATALOG_READS, BUCKET_READS, QUEUE_REQUESTS = 8, 2, 5, 3
"""Of a document that is indexed (docs/indexing.md counts the requests), its key list aside."""
LOG_BYTES_PER_DOCUMENT, LOG_BYTES_PER_QUERY = 2_000, 1_500

OWN_INDEXES = "an index for each tenant (this)"
ONE_INDEX = "one index, filtered by tenant"
OPENSEARCH = "OpenSearch Serverless, at least"
"""The smallest collection with a second copy, empty."""
MANAGED = "Bedrock managed knowledge base, about"


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
    kept: float
    """The share of a changed document's chunks whose text stays."""
    context: int
    """How many chunks before and after each match queries ask for."""
    model: ModelUri
    chunk_size: int
    """Characters of a chunk."""

    @property
    def all_documents(self) -> int:
        """Of all tenants."""
        return self.tenants * self.documents

    @property
    def tenant_chunks(self) -> int:
        """Of each tenant."""
        return self.documents * self.chunks

    @property
    def all_chunks(self) -> int:
        """Of all tenants."""
        return self.tenants * self.tenant_chunks

    @property
    def kept_chunks(self) -> int:
        """Of each changed document: read with the embeddings that they have, and put again."""
        return round(self.kept * self.chunks)

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
    return [*_s3_vectors(work), *_embedding(work), *_surroundings(work)]


def kept_and_searched(work: Workload) -> list[Line]:
    """Return what keeping and searching the vectors costs, in each way that bills it by itself."""
    own = total(OWN_INDEXES, _s3_vectors(work))
    one = own.monthly + _processed(work, work.all_chunks) - _processed(work, work.tenant_chunks)
    units = prices.OPENSEARCH_UNIT_HOUR * prices.OPENSEARCH_LEAST_UNITS * HOURS
    return [own, Line(ONE_INDEX, own.once, one), Line(OPENSEARCH, 0.0, units)]


def whole_bills(work: Workload) -> list[Line]:
    """Return what all of it costs, in each way: to index, embed, keep, search and answer.

    What stands around the vectors here is taken to be needed around others too; a managed knowledge
    base of Amazon Bedrock brings its own, and bills the text and the queries.
    """
    around = total("", [*_embedding(work), *_surroundings(work)])
    ways = [
        Line(way.what, way.once + around.once, way.monthly + around.monthly)
        for way in kept_and_searched(work)
    ]
    text = work.all_chunks * work.chunk_size / PRICES.gigabyte * prices.MANAGED_GB_MONTH
    managed = text + work.all_queries * prices.MANAGED_QUERY
    return [*ways, Line(MANAGED, 0.0, managed)]


def total(what: str, lines: Sequence[Line]) -> Line:
    """Return the sum of the lines, under a name of its own."""
    return Line(what, sum(line.once for line in lines), sum(line.monthly for line in lines))


def _s3_vectors(work: Workload) -> list[Line]:
    put = work.all_documents * _put(work)
    around = work.all_queries * work.context * PRICES.other_request
    return [
        Line(
            "S3 Vectors: stored", 0.0, PRICES.of_storage(work.all_chunks * work.vector.stored_bytes)
        ),
        Line("S3 Vectors: put", put, work.changed * put),
        Line("S3 Vectors: old chunks read, and deleted", 0.0, _old_chunks(work)),
        Line("S3 Vectors: queries", 0.0, work.all_queries * PRICES.query),
        Line("S3 Vectors: processed by queries", 0.0, _processed(work, work.tenant_chunks)),
        Line("S3 Vectors: chunks around matches", 0.0, around),
    ]


def _processed(work: Workload, vectors: int) -> float:
    """Dollars a month for what queries process, each of an index of so many vectors."""
    return work.all_queries * PRICES.of_processing(vectors, work.vector.searched_bytes)


def _old_chunks(work: Workload) -> float:
    """Dollars a month for the requests about what changed documents had before."""
    reads = math.ceil(work.kept_chunks / MAX_GET_KEYS)
    deletions = math.ceil((work.chunks - work.kept_chunks) / MAX_DELETE_KEYS)
    return work.changed * work.all_documents * (reads + deletions) * PRICES.other_request


def _embedding(work: Workload) -> list[Line]:
    token = PRICES.embedded_tokens[work.model.foundation_model]
    chunk = (work.chunk_size + PREFIX_CHARACTERS) / CHARACTERS_PER_TOKEN * token
    once = work.all_chunks * chunk
    again = work.changed * work.all_documents * (work.chunks - work.kept_chunks) * chunk
    asked = work.all_queries * QUERY_TOKENS * token
    return [
        Line("Bedrock: chunks embedded", once, again),
        Line("Bedrock: queries embedded", 0.0, asked),
    ]


def _put(work: Workload) -> float:
    """Dollars for the chunks of one document, which comes alone: documents that come together pay less."""
    full, rest = divmod(work.chunks, MAX_PUT_VECTORS)
    requests = [MAX_PUT_VECTORS] * full + ([rest] if rest else [])
    billed = sum(max(MIN_PUT_BYTES, vectors * work.vector.stored_bytes) for vectors in requests)
    return billed / PRICES.gigabyte * PRICES.put_gb


def _surroundings(work: Workload) -> Iterator[Line]:
    seconds = INDEXING_SECONDS + INDEXING_SECONDS_PER_CHUNK * work.chunks
    key_list = math.ceil(ENTRY_BYTES * work.chunks / 1024)
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

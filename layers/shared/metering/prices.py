"""What AWS charges: the one table of prices, for the functions' estimates and `dropvec cost`.

US dollars in us-east-1, of the day that READ_ON says; other regions differ, free tiers and discounts are
left out. Change a price here, and nowhere else.
"""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct, field

from metering.usage import Usage

READ_ON = "2026-09-28"
"""When the prices of S3 Vectors were read. Those of the embedding models are of September 2026 too, but for
Cohere Embed v3, which are of 2025."""

MILLION = 1_000_000

Tier = tuple[float, float]
"""Up to so many vectors of an index, dollars for a terabyte."""


class Prices(Struct, frozen=True):
    """Prices of S3 Vectors (Amazon S3 pricing) and of the embedding models (Amazon Bedrock pricing).

    A gigabyte is 2^30 bytes and a terabyte 2^40: with these, and not with powers of ten, AWS's own example
    comes out (`tests/metering/test_prices.py`).
    """

    stored_gb_month: float = 0.06
    put_gb: float = 0.20
    query: float = 2.50 / MILLION
    processed_tb: tuple[Tier, ...] = (
        (100_000, 0.004),
        (10 * MILLION, 0.002),
        (float("inf"), 0.0004),
    )
    returned_gb: float = 0.01
    other_request: float = 0.055 / 1_000
    embedded_tokens: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType(
            {
                "amazon.titan-embed-text-v2:0": 0.02 / MILLION,
                "cohere.embed-english-v3": 0.10 / MILLION,
                "cohere.embed-multilingual-v3": 0.10 / MILLION,
                "cohere.embed-v4:0": 0.12 / MILLION,
            }
        )
    )
    """A token, by foundation model."""
    gigabyte: int = 2**30
    terabyte: int = 2**40

    def of_usage(self, usage: Usage, foundation_model: str) -> float:
        """Return the dollars for what was used; storage, and what queries process, are not in it."""
        return (
            usage.put_billed_bytes / self.gigabyte * self.put_gb
            + usage.query_requests * self.query
            + usage.returned_billed_bytes / self.gigabyte * self.returned_gb
            + usage.other_requests * self.other_request
            + usage.embedding_tokens * self.embedded_tokens[foundation_model]
        )

    def of_storage(self, size: float) -> float:
        """Return the dollars for keeping so many bytes for a month."""
        return size / self.gigabyte * self.stored_gb_month

    def of_processing(self, vectors: float, bytes_per_vector: float) -> float:
        """Return the dollars for what one query of an index processes: all of it, less in its higher tiers.

        `bytes_per_vector` counts numbers, key and filterable metadata.
        """
        dollars, floor = 0.0, 0.0
        for ceiling, price in self.processed_tb:
            within = max(0.0, min(vectors, ceiling) - floor)
            dollars += within * bytes_per_vector / self.terabyte * price
            floor = ceiling
        return dollars


PRICES = Prices()

# What the rest of a deployment uses, on demand: AWS's public lists of 2025, not checked with a bill.
FUNCTION_GB_SECOND = 0.0000166667
"""x86_64; arm64 is a fifth cheaper."""
FUNCTION_REQUEST = 0.20 / MILLION
API_REQUEST = 1.00 / MILLION
CATALOG_WRITE = 0.625 / MILLION
"""Of a kilobyte."""
CATALOG_READ = 0.125 / MILLION
"""Of four kilobytes, strongly consistent."""
QUEUE_REQUEST = 0.40 / MILLION
BUCKET_READ = 0.40 / MILLION
LOG_GB = 0.50

# What the same would be stored and asked for elsewhere.
OPENSEARCH_UNIT_HOUR = 0.24
"""Amazon OpenSearch Serverless in us-east-1, as cloudburn.io quotes AWS's page in March 2026."""
OPENSEARCH_LEAST_UNITS = 2
"""With a second copy; one for development."""
MANAGED_GB_MONTH = 5.00
"""A managed knowledge base of Amazon Bedrock: the Price List API of October 2026, at second hand. Of what the
gigabytes are is not said there: taken for the text alone."""
MANAGED_QUERY = 1.00 / 1_000

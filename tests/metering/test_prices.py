"""The price table against published figures: AWS's own example, and sums that were checked with a bill."""

import pytest
from msgspec.structs import replace

from embedding.model_uri import FOUNDATION_MODELS
from metering import PRICES, Usage
from metering.usage import MIN_PUT_BYTES
from vector_store.calls import Call

TITAN = "amazon.titan-embed-text-v2:0"
DECIMAL = replace(PRICES, gigabyte=10**9, terabyte=10**12)
"""The published sums below take a gigabyte for 10^9 bytes, which is dearer by a twentieth."""

MILLION = 1_000_000
NUMBERS, KEY, FILTERABLE, TEXT = 4 * 1024, 60, 300, 2_048


def put(prices, chunks, *, batch):
    usage = Usage()
    for _ in range(0, chunks, batch):
        usage.add_call(
            Call("PutVectors", "chunk", batch, batch * (NUMBERS + KEY + FILTERABLE + TEXT))
        )
    return usage.put_billed_bytes, prices.of_usage(usage, TITAN)


def million_queries(prices, vectors, bytes_per_vector=NUMBERS + KEY + FILTERABLE):
    requests = prices.of_usage(Usage(query_requests=MILLION), TITAN)
    return requests + MILLION * prices.of_processing(vectors, bytes_per_vector)


def test_awss_example_of_ten_million_vectors_in_forty_indexes_comes_out():
    """10 million vectors of 6.17 KB, a sixth written anew, a million queries: $11.38 in all."""
    kilobyte = 1024
    gigabytes = 10 * MILLION * 6.17 * kilobyte / PRICES.gigabyte

    stored = gigabytes * PRICES.stored_gb_month
    put_anew = gigabytes / 6 * PRICES.put_gb
    asked = million_queries(PRICES, 250_000, 5.17 * kilobyte)

    assert stored == pytest.approx(3.54, rel=0.005)
    assert put_anew == pytest.approx(1.97, rel=0.005)
    assert stored + put_anew + asked == pytest.approx(11.38, rel=0.005)


def test_a_put_of_one_chunk_is_billed_as_128_kilobytes():
    billed, dollars = put(DECIMAL, 1_000, batch=1)

    assert billed == 1_000 * MIN_PUT_BYTES == 131_072_000
    assert dollars == pytest.approx(0.026, abs=0.0005)


@pytest.mark.parametrize("batch", [25, 250, 500])
def test_puts_of_21_chunks_or_more_are_billed_as_what_they_hold(batch):
    billed, dollars = put(DECIMAL, 1_000, batch=batch)

    assert billed == pytest.approx(6.5e6, rel=0.005)
    assert dollars == pytest.approx(0.0013, abs=0.00005)


@pytest.mark.parametrize(
    ("vectors", "dollars"), [(5_000, 2.59), (50_000, 3.39), (1_000 * 50_000, 163.81)]
)
def test_a_million_queries_cost_what_the_index_asked_is_large(vectors, dollars):
    assert million_queries(DECIMAL, vectors) == pytest.approx(dollars, abs=0.005)


def test_what_a_query_processes_is_cheaper_by_tiers():
    gib = PRICES.terabyte / MILLION

    processed = [PRICES.of_processing(n, gib) for n in (100_000, 10_000_000, 20_000_000)]

    assert processed == pytest.approx([0.1 * 0.004, 0.0004 + 9.9 * 0.002, 0.0202 + 10 * 0.0004])


def test_requests_other_than_puts_and_queries_cost_22_queries():
    assert PRICES.other_request == pytest.approx(22 * PRICES.query)


def test_the_first_512_kilobytes_of_a_querys_results_are_free():
    usage = Usage()
    usage.add_call(Call("QueryVectors", "chunk", 100, 524_288))
    free = PRICES.of_usage(usage, TITAN)
    usage.add_call(Call("QueryVectors", "chunk", 100, 524_288 + 2**20))

    assert free == pytest.approx(PRICES.query)
    assert PRICES.of_usage(usage, TITAN) == pytest.approx(2 * PRICES.query + 0.01 / 1024)


def test_every_embedding_model_has_a_price():
    assert PRICES.embedded_tokens.keys() == FOUNDATION_MODELS.keys()
    assert PRICES.of_usage(Usage(embedding_tokens=MILLION), TITAN) == pytest.approx(0.02)

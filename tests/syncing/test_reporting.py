"""What a comparison writes of each index that it counted, as CloudWatch reads it."""

import json

import pytest
from aws_lambda_powertools.metrics import EphemeralMetrics

from metering import PRICES
from metering.typical_vector import TypicalVector
from syncing.reporting import OF_ALL, OF_AN_INDEX, report_indexes, report_totals
from syncing.totals import Totals
from vector_store import ConnectionString

CONNECTION = ConnectionString.parse("s3vectors://vectors/app1")
VECTOR = TypicalVector(dimensions=1_024, chunk_size=1_000)
SIZES = {"vectors/app1.chunk": 5_000, "vectors/app1.chunk-acme": 1_000_000}


def new_metrics():
    metrics = EphemeralMetrics(namespace="dropvec", service="syncing")
    metrics.add_dimension("stack", "search")
    return metrics


@pytest.fixture
def reported(capsys):
    """The documents of all indexes, by tenant, and the one of all together."""
    totals = Totals("vectors/app1.chunk", indexes=2, vectors=1_005_000, sizes=SIZES)
    report_indexes(totals, vector=VECTOR, connection=CONNECTION, new_metrics=new_metrics)
    report_totals(totals, vector=VECTOR, new_metrics=new_metrics)
    *of_indexes, of_all = map(json.loads, capsys.readouterr().out.splitlines())
    return {document["tenant"]: document for document in of_indexes}, of_all


def test_a_tenant_is_a_property_and_no_dimension(reported):
    by_tenant, of_all = reported

    assert by_tenant.keys() == {"default_", "acme"}
    for document, metrics in [(d, OF_AN_INDEX) for d in by_tenant.values()] + [(of_all, OF_ALL)]:
        [directive] = document["_aws"]["CloudWatchMetrics"]
        assert {metric["Name"] for metric in directive["Metrics"]} == metrics.keys()
        assert [sorted(dimensions) for dimensions in directive["Dimensions"]] == [
            ["service", "stack"]
        ]


def test_an_index_says_how_much_a_query_of_it_processes_and_what_that_costs(reported):
    by_tenant, _ = reported
    small, large = by_tenant["default_"], by_tenant["acme"]

    assert (small["IndexVectors"], large["IndexVectors"]) == (5_000, 1_000_000)
    for document in (small, large):
        assert document["BytesPerQuery"] == [document["IndexVectors"] * (4 * 1_024 + 32 + 300)]
    in_tiers = 0.1 * 0.004 + 0.9 * 0.002
    per_terabyte = large["BytesPerQuery"][0] / PRICES.terabyte
    assert large["ProcessingCost"] == [pytest.approx(per_terabyte * in_tiers)]


def test_what_all_costs_to_keep_is_what_its_indexes_do(reported):
    by_tenant, of_all = reported

    kept = [document["IndexStorageCost"] for document in by_tenant.values()]
    assert of_all["StorageCost"] == [pytest.approx(sum(kept))]
    assert sum(kept) == pytest.approx(1_005_000 * VECTOR.stored_bytes / 2**30 * 0.06 / 30)

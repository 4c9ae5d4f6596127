"""What CloudWatch reads of a report: metrics over all tenants, and a property that names each."""

import json
import sys
from functools import partial

import pytest
from aws_lambda_powertools.metrics import EphemeralMetrics

from metering import PRICES, Meter, Usage
from metering.report import METRICS, metric_name, report_meter, report_usage
from vector_store import TenantId

FOR_TWO = {
    "acme": Usage(query_requests=3, returned_vectors=30, embedding_calls=1, embedding_tokens=12),
    "globex": Usage(put_requests=1, put_vectors=5, put_bytes=9, put_billed_bytes=131_072),
}


@pytest.fixture
def report(capsys):
    def documents(usage_of):
        def new_metrics():
            metrics = EphemeralMetrics(namespace="dropvec", service="indexing")
            metrics.add_dimension("stack", "search")
            return metrics

        cost = partial(PRICES.of_usage, foundation_model="cohere.embed-v4:0")
        report_usage(usage_of, new_metrics=new_metrics, cost=cost, request_id="r-1")
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return documents


def test_each_tenant_has_a_document_of_its_own(report):
    acme, globex = report(FOR_TWO)

    assert (acme["tenant"], acme["QueryRequests"], acme["EmbeddingTokens"]) == ("acme", [3], [12])
    assert (globex["tenant"], globex["PutBilledBytes"]) == ("globex", [131_072])
    assert acme["request_id"] == globex["request_id"] == "r-1"


def test_the_dimensions_are_stack_and_service_whoever_the_tenant_is(report):
    for document in report(FOR_TWO):
        [directive] = document["_aws"]["CloudWatchMetrics"]
        [dimensions] = directive["Dimensions"]

        assert directive["Namespace"] == "dropvec"
        assert {name: document[name] for name in dimensions} == {
            "stack": "search",
            "service": "indexing",
        }


def test_what_is_no_metric_is_a_property(report):
    acme, _ = report(FOR_TWO)

    metrics = {metric["Name"] for metric in acme["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert metrics == {"QueryRequests", "EmbeddingTokens", "EstimatedCost"}
    assert acme["ReturnedVectors"] == 30


def test_what_was_not_used_is_not_written(report):
    acme, _ = report(FOR_TWO)

    assert "PutRequests" not in acme


def test_the_cost_is_what_the_table_of_prices_makes_of_it(report):
    acme, _ = report(FOR_TWO)

    assert acme["EstimatedCost"] == pytest.approx([3 * 2.5e-6 + 12 * 0.12e-6])


def test_nothing_used_is_nothing_written(report):
    assert report({}) == []


def test_requests_that_are_nobodys_name_no_tenant(report):
    [document] = report({"": Usage(other_requests=1)})

    assert "tenant" not in document
    assert document["OtherRequests"] == 1


def test_metrics_are_counts_that_there_are():
    assert METRICS.keys() <= set(Usage.__struct_fields__)
    assert metric_name("put_billed_bytes") == "PutBilledBytes"


def test_nobody_who_is_served_depends_on_a_report():
    meter, told = Meter(), []
    meter.embedded(TenantId("acme"), 12)

    def no_metrics():
        raise OSError("standard output is closed")

    report_meter(
        meter,
        model_uri=lambda: "bedrock://cohere.embed-v4:0?dimensions=256",
        new_metrics=no_metrics,
        failed=lambda message: told.append((message, sys.exc_info()[0])),
    )

    assert told == [("the usage was not reported", OSError)]

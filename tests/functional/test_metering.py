"""What the functions used for each tenant, as CloudWatch reads it from their logs."""

import json
import re
import time
from pathlib import Path

import pytest

from local.lambda_runtime import LocalContext
from metering import PRICES
from metering.usage import MIN_PUT_BYTES
from syncing import handler as syncing_handler
from tests.functional.conftest import sqs_event
from tests.functional.logs_insights import ask
from vector_store.vector import metadata_size

DOCUMENT = (Path(__file__).parents[2] / "docs/cost.md").read_text()
USED, PROCESSED = re.findall(r"```\n(filter .*?)```", DOCUMENT, re.DOTALL)
"""The queries of Logs Insights that it shows."""


@pytest.fixture
def deployment(shared_deployment):
    """One for all tests: each has tenants of its own."""
    return shared_deployment


@pytest.fixture
def reported(capsys):
    """The documents that were written since it was last asked, with metrics as plain numbers."""

    def documents():
        lines = capsys.readouterr().out.splitlines()
        found = [json.loads(line) for line in lines if '"CloudWatchMetrics"' in line]
        return [
            {name: value[0] if isinstance(value, list) else value for name, value in doc.items()}
            for doc in found
        ]

    return documents


def test_indexing_counts_what_was_put_and_embedded_for_each_tenant(deployment, reported):
    deployment.put("tenants/acme0/a.txt", "The bearing of the shutter failed at night.")
    deployment.put("tenants/globex0/b.txt", "Sourdough needs time. " * 100)
    deployment.index_all()

    by_tenant = {doc.get("tenant", ""): doc for doc in reported()}

    assert by_tenant.keys() == {"", "acme0", "globex0"}
    for tenant in ("acme0", "globex0"):
        used, stored = by_tenant[tenant], deployment.stored(tenant)
        assert (used["service"], used["stack"]) == (
            "indexing",
            deployment.stack.template.stack_name,
        )
        assert used["PutRequests"] == 1
        assert used["PutVectors"] == len(stored)
        assert used["PutBilledBytes"] == MIN_PUT_BYTES > used["PutBytes"]
        assert used["EmbeddingCalls"] == len(stored)
        assert used["EmbeddingTokens"] > 0
    assert by_tenant["globex0"]["EmbeddingTokens"] > by_tenant["acme0"]["EmbeddingTokens"]


def test_a_batch_tells_how_long_a_document_of_it_has_waited(deployment, reported):
    deployment.put("waited.txt", "It has waited for an hour.")
    event = sqs_event(deployment, "waited.txt")
    event["Records"][0]["attributes"] = {"SentTimestamp": str(int((time.time() - 3600) * 1000))}

    deployment.invoke_indexing(event)
    deployment.invoke_indexing(sqs_event(deployment, "waited.txt"))

    first, second = [doc for doc in reported() if "DocumentsIndexed" in doc]
    assert 3600 <= first["SecondsWaited"] < 3700
    assert "SecondsWaited" not in second


def test_an_unchanged_document_uses_nothing(deployment, reported):
    deployment.put("a.txt", "Nothing of it changes.")
    deployment.index_all()
    reported()

    deployment.put("a.txt", "Nothing of it changes.")
    deployment.index_all()

    assert [doc for doc in reported() if "PutRequests" in doc or "EmbeddingCalls" in doc] == []


def test_what_was_used_is_counted_though_the_invocation_fails(deployment, reported):
    deployment.put("a.txt", "What was embedded is paid for.")
    fault = {"error": "AccessDeniedException", "operation": "PutVectors", "times": 1}
    deployment.admin("POST", "faults", fault)
    deployment.index_all()

    assert sum(doc.get("EmbeddingCalls", 0) for doc in reported()) >= 1


def test_a_query_counts_its_requests_and_tokens_for_the_tenant_that_asked(deployment, reported):
    deployment.put("tenants/acme3/a.txt", "The bearing of the shutter failed at night.")
    deployment.index_all()
    reported()

    _, answer, headers = deployment.ask({"query": "shutter"}, "acme3")

    (used,) = reported()
    assert used["tenant"] == "acme3"
    assert (used["QueryRequests"], used["ReturnedVectors"]) == (1, len(answer["matches"]))
    assert used["ReturnedBytes"] >= 256
    assert used["EmbeddingTokens"] > 0
    assert used["request_id"] == headers["x-request-id"]
    assert "OtherRequests" not in used


def test_listing_documents_uses_neither_vectors_nor_model(deployment, reported):
    deployment.documents("acme4")

    assert reported() == []


def test_the_queries_of_the_document_find_what_each_tenant_used_and_had_processed(
    deployment, capsys
):
    deployment.put("tenants/acme5/a.txt", "The bearing of the shutter failed at night. " * 100)
    deployment.put("tenants/globex5/b.txt", "Sourdough needs time.")
    deployment.index_all()
    for tenant in ("acme5", "acme5", "acme5", "globex5"):
        deployment.matches("bearing", tenant)
    syncing_handler.lambda_handler({}, LocalContext("syncing", 900))
    log = [line for line in capsys.readouterr().out.splitlines() if '"CloudWatchMetrics"' in line]

    used = {row["tenant"]: row for row in ask(USED, log)}
    processed = {row["tenant"]: row for row in ask(PROCESSED, log)}

    for tenant, queries in {"acme5": 3, "globex5": 1}.items():
        vectors = deployment.stored(tenant).values()
        size = sum(map(searched, vectors))
        dollars = queries * PRICES.of_processing(len(vectors), size / len(vectors))
        assert (used[tenant]["queries"], used[tenant]["puts"]) == (queries, 1)
        assert used[tenant]["dollars"] == processed[tenant]["used_dollars"] > 0
        assert processed[tenant]["queries"] == queries
        # The numbers and the key are exact, the attributes' bytes are assumed.
        assert processed[tenant]["processed_tb"] * 2**40 == pytest.approx(queries * size, rel=0.06)
        assert processed[tenant]["processed_dollars"] == pytest.approx(dollars, rel=0.06)
        assert processed[tenant]["kept_a_day"] > 0


def searched(vector):
    """What a query processes of a vector: its numbers, its key, and what can be filtered by."""
    unfiltered = {"value", "metadata"}
    filterable = {k: v for k, v in vector["metadata"].items() if k not in unfiltered}
    return 4 * len(vector["data"]["float32"]) + len(vector["key"]) + metadata_size(filterable)

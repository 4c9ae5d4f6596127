"""What the functions log of their work, and that they log nothing of what was dropped and asked."""

import io
import json
import logging
from types import SimpleNamespace

import orjson
import pytest

from indexing import handler as indexing_handler
from querying import handler as querying_handler
from querying.document_lister import TO_BE_REPEATED
from tests.functional.conftest import forget_clients, sqs_event

WORD = "zanzibarquartz"
"""A word of documents and queries that nothing else has in it."""
TEXT = f"Reports say that {WORD} was found beneath the old harbour wall."


@pytest.fixture
def deployment(shared_deployment):
    """One for all tests: each has documents of its own."""
    shared_deployment.bedrock.failure = None
    return shared_deployment


@pytest.fixture
def log(monkeypatch):
    """Where the functions' loggers write to."""
    stream = io.StringIO()
    for function in (indexing_handler, querying_handler):
        [handler] = function.logger.handlers
        monkeypatch.setattr(handler, "stream", stream)
    return stream


@pytest.fixture
def logged(log):
    """The lines of the functions' logs since it was last asked."""

    def lines():
        written = log.getvalue().splitlines()
        log.truncate(log.seek(0))
        return [json.loads(line) for line in written]

    return lines


@pytest.fixture
def everything(log, capfd, caplog):
    """All that was written, at the lowest level, by anybody."""
    root = logging.getLogger()
    level, botocores = root.level, logging.getLogger("botocore").level
    root.setLevel(logging.DEBUG)
    logging.getLogger("botocore").setLevel(logging.DEBUG)

    def written():
        out = capfd.readouterr()
        return log.getvalue() + out.out + out.err + caplog.text

    yield written
    root.setLevel(level)
    logging.getLogger("botocore").setLevel(botocores)


def test_a_document_is_logged_with_tenant_version_request_and_cold_start(deployment, logged):
    version = deployment.s3.put_object(
        Bucket=deployment.bucket, Key="tenants/t0/a.txt", Body=TEXT.encode()
    )["VersionId"]
    logged()

    deployment.index_all()
    deployment.invoke_indexing(sqs_event(deployment, "tenants/t0/a.txt"))

    first, second = [line for line in logged() if line["message"].startswith("document")]
    assert (first["outcome"], second["outcome"]) == ("indexed", "unchanged")
    for line in (first, second):
        assert line["key"] == "tenants/t0/a.txt"
        assert line["tenant"] == "t0"
        assert line["version"] == version
        assert len(line["function_request_id"]) == 36
        assert line["cold_start"] in {True, False}
    assert first["function_request_id"] != second["function_request_id"]


def test_a_message_that_comes_again_is_logged_with_its_document_and_reason(deployment, logged):
    deployment.put("tenants/t1/a.txt", TEXT)
    deployment.admin(
        "POST", "faults", {"error": "AccessDeniedException", "operation": "PutVectors", "times": 1}
    )

    deployment.invoke_indexing(sqs_event(deployment, "tenants/t1/a.txt"))

    [line] = [line for line in logged() if line["level"] == "ERROR"]
    assert (line["key"], line["tenant"]) == ("tenants/t1/a.txt", "t1")
    assert line["error"] == "VectorStoreAccessError"
    assert "AccessDeniedException" in line["reason"]


def test_what_a_service_says_between_attempts_is_in_the_log_and_never_told_the_tenant(
    deployment, logged
):
    deployment.put("tenants/denied/a.txt", TEXT)
    deployment.admin(
        "POST", "faults", {"error": "AccessDeniedException", "operation": "PutVectors", "times": 1}
    )

    deployment.invoke_indexing(sqs_event(deployment, "tenants/denied/a.txt"))

    assert any("AccessDeniedException" in line.get("reason", "") for line in logged())
    (document,) = deployment.documents("denied")[1]["documents"]
    assert (document["state"], document["error"]) == ("INDEXING", TO_BE_REPEATED)


def test_what_the_deployment_is_at_fault_for_is_in_the_log_and_never_told_the_tenant(
    deployment, logged
):
    deployment.put("tenants/fit/a.txt", TEXT)
    deployment.invoke_indexing(sqs_event(deployment, "tenants/fit/a.txt"))
    logged()
    deployment.vectors.create_index(
        vectorBucketName=deployment.store.bucket_name,
        indexName="app1.chunk-misfit",
        dataType="float32",
        dimension=8,
        distanceMetric="cosine",
    )
    deployment.put("tenants/misfit/a.txt", TEXT)

    deployment.invoke_indexing(sqs_event(deployment, "tenants/misfit/a.txt"))

    (line,) = [line for line in logged() if line.get("outcome") == "failed"]
    assert f"{deployment.store.bucket_name} does not fit" in line["reason"]
    (document,) = deployment.documents("misfit")[1]["documents"]
    assert document["state"] == "FAILED"
    assert document["error"].startswith("the deployment is at fault, not the document")
    assert deployment.store.bucket_name not in document["error"]


def test_a_text_that_the_model_refuses_is_told_in_our_words_and_logged_in_the_services(
    deployment, logged
):
    deployment.put("tenants/refused/a.txt", "poison")

    deployment.invoke_indexing(sqs_event(deployment, "tenants/refused/a.txt"))

    (line,) = [line for line in logged() if line.get("outcome") == "failed"]
    assert "ValidationException" in line["reason"]
    (document,) = deployment.documents("refused")[1]["documents"]
    assert document["error"] == (
        "text 0: amazon.titan-embed-text-v2:0 refuses it as invalid, or too long"
    )


def test_an_answer_is_logged_with_tenant_request_and_what_it_was(deployment, logged):
    deployment.put("tenants/t2/a.txt", TEXT)
    deployment.index_all()
    logged()

    _, _, headers = deployment.ask({"query": "harbour wall"}, "t2")

    [line] = [line for line in logged() if line["message"] == "answered"]
    assert line["correlation_id"] == headers["x-request-id"]
    assert (line["tenant"], line["status"], line["mode"], line["matches"]) == (
        "t2",
        200,
        "hybrid",
        1,
    )
    assert {"function_request_id", "cold_start", "milliseconds"} <= line.keys()


def test_what_was_logged_of_one_request_is_not_said_of_the_next(deployment, logged):
    deployment.put("tenants/t3/a.txt", TEXT)
    deployment.index_all()
    deployment.ask({"query": "harbour"}, "t3")
    logged()

    deployment.ask({"query": "x"}, path="/no/such/route")

    [line] = [line for line in logged() if line["message"] == "answered"]
    assert line["status"] == 404
    assert {"tenant", "mode", "matches"} & line.keys() == set()


def test_a_query_is_logged_where_that_was_switched_on(deployment, logged, monkeypatch):
    deployment.put("a.txt", TEXT)
    deployment.index_all()
    monkeypatch.setenv("LOG_QUERIES", "on")
    forget_clients()
    logged()

    deployment.ask({"query": f"Where is {WORD}?"})
    forget_clients()

    [line] = [line for line in logged() if line["message"] == "answered"]
    assert line["query"] == f"Where is {WORD}?"


def test_nothing_of_documents_and_queries_is_logged_when_all_goes_well(deployment, everything):
    deployment.put("a.txt", TEXT)
    deployment.put("b.md", f"# {WORD}\n\n{TEXT}", Metadata={"team": "sales"})
    deployment.index_all()
    for body in ({"query": WORD}, {"query": WORD, "mode": "text", "context": 1}):
        assert deployment.ask(body)[0] == 200
    deployment.put("a.txt", f"Another version. {TEXT}")
    deployment.remove("b.md")
    deployment.index_all()
    deployment.documents()

    written = everything()
    assert "document indexed" in written
    assert "answered" in written
    assert WORD not in written


def test_nothing_of_documents_and_queries_is_logged_when_a_service_fails(deployment, everything):
    deployment.put("a.txt", TEXT)
    deployment.index_all()
    for number, operation in enumerate(["PutVectors", "QueryVectors", "DeleteVectors"]):
        fault = {"error": "AccessDeniedException", "operation": operation, "times": 9}
        deployment.admin("POST", "faults", fault)
        deployment.put("a.txt", f"Version {number}. {TEXT}")
        deployment.invoke_indexing(sqs_event(deployment, "a.txt"))
        deployment.ask({"query": WORD})
        deployment.admin("DELETE", "faults", {})

    written = everything()
    assert "VectorStoreAccessError" in written
    assert WORD not in written


@pytest.mark.parametrize("failure", [("ValidationException", 400), ("AccessDeniedException", 403)])
def test_nothing_is_logged_of_what_the_model_refuses(deployment, everything, failure):
    deployment.bedrock.failure = failure
    deployment.put("a.txt", TEXT)

    deployment.invoke_indexing(sqs_event(deployment, "a.txt"))
    deployment.ask({"query": WORD, "mode": "vector"})

    assert WORD not in everything()


@pytest.mark.parametrize(
    "answer", [{"texts": [TEXT]}, {"embedding": TEXT}, {"embedding": [TEXT] * 1024}, [TEXT]]
)
def test_nothing_is_logged_of_an_answer_that_repeats_what_it_was_asked(
    deployment, everything, monkeypatch, answer
):
    json_of_answers = SimpleNamespace(
        loads=lambda _: answer, JSONDecodeError=orjson.JSONDecodeError
    )
    monkeypatch.setattr("embedding.invocation.orjson", json_of_answers)
    deployment.put("tenants/echo/a.txt", TEXT)

    deployment.invoke_indexing(sqs_event(deployment, "tenants/echo/a.txt"))

    written = everything()
    assert "answered with" in written
    assert WORD not in written

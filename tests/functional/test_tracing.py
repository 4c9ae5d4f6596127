"""What X-Ray's daemon gets of an invocation: a subsegment for each call of a service."""

import json
import socket

import pytest

from tests.functional.conftest import forget_clients, sqs_event

TRACE = "1-5759e988-bd862e3fe1be46a994272793"
PARENT = "53995c3f42cd8ad8"
TEXT = "The bearing of the shutter failed at night."


@pytest.fixture
def daemon(monkeypatch):
    """Listens where Lambda's daemon would; gives the subsegments since it was last asked."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(0.2)
        monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", f"127.0.0.1:{listening.getsockname()[1]}")
        monkeypatch.setenv("_X_AMZN_TRACE_ID", f"Root={TRACE};Parent={PARENT};Sampled=1")
        forget_clients()

        def segments():
            found = []
            while True:
                try:
                    header, _, body = listening.recv(65_536).partition(b"\n")
                except TimeoutError:
                    return found
                assert json.loads(header) == {"format": "json", "version": 1}
                found.append(json.loads(body))

        yield segments
    forget_clients()


def operations(segments):
    return {(segment["name"], segment["aws"]["operation"]) for segment in segments}


def test_the_calls_of_indexing_and_of_a_query_are_parts_of_their_traces(deployment, daemon):
    deployment.put("a.txt", TEXT)
    deployment.invoke_indexing(sqs_event(deployment, "a.txt"))

    indexing = daemon()
    deployment.matches("bearing")
    querying = daemon()

    assert {
        ("S3", "GetObject"),
        ("Bedrock Runtime", "InvokeModel"),
        ("S3Vectors", "PutVectors"),
        ("DynamoDB", "UpdateItem"),
    } <= operations(indexing)
    assert operations(querying) == {
        ("STS", "AssumeRole"),
        ("Bedrock Runtime", "InvokeModel"),
        ("S3Vectors", "GetIndex"),
        ("S3Vectors", "QueryVectors"),
    }
    for segment in indexing + querying:
        assert (segment["trace_id"], segment["parent_id"]) == (TRACE, PARENT)
        assert (segment["type"], segment["namespace"]) == ("subsegment", "aws")
        assert 0 <= segment["end_time"] - segment["start_time"] < 60
        assert len(segment["id"]) == 16
        assert TEXT not in json.dumps(segment)
    assert len({segment["id"] for segment in indexing + querying}) == len(indexing + querying)


def test_a_refused_call_is_an_error_and_a_missing_service_a_fault(deployment, daemon):
    deployment.put("a.txt", TEXT)
    deployment.bedrock.failure = ("AccessDeniedException", 403)
    deployment.invoke_indexing(sqs_event(deployment, "a.txt"))
    deployment.bedrock.failure = None

    [embedding] = [s for s in daemon() if s["aws"]["operation"] == "InvokeModel"]

    assert (embedding["error"], embedding["fault"], embedding["throttle"]) == (True, False, False)
    assert embedding["http"] == {"response": {"status": 403}}


@pytest.mark.parametrize("header", [f"Root={TRACE};Parent={PARENT};Sampled=0", ""])
def test_a_trace_that_is_not_sampled_is_not_sent(deployment, daemon, monkeypatch, header):
    monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
    deployment.put("a.txt", TEXT)

    deployment.invoke_indexing(sqs_event(deployment, "a.txt"))

    assert daemon() == []

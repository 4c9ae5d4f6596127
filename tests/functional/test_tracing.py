"""What X-Ray's daemon gets of an invocation: a subsegment for each call of a service."""

import json
import os
import socket

import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
from botocore.session import Session

from local.roles import OPERATOR
from telemetry import Tracing, trace_calls
from tests.functional.conftest import forget_clients, session_of, sqs_event

TRACE = "1-5759e988-bd862e3fe1be46a994272793"
PARENT = "53995c3f42cd8ad8"
TEXT = "The bearing of the shutter failed at night."


@pytest.fixture
def deployment(shared_deployment):
    """One for all tests: each has a document of its own."""
    return shared_deployment


@pytest.fixture
def daemon(monkeypatch):
    """Listens where Lambda's daemon would; gives the subsegments since it was last asked."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(0.05)
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
        ("S3Vectors", "QueryVectors"),
    }
    for segment in indexing + querying:
        assert (segment["trace_id"], segment["parent_id"]) == (TRACE, PARENT)
        assert (segment["type"], segment["namespace"]) == ("subsegment", "aws")
        assert 0 <= segment["end_time"] - segment["start_time"] < 60
        assert len(segment["id"]) == 16
        assert TEXT not in json.dumps(segment)
    assert len({segment["id"] for segment in indexing + querying}) == len(indexing + querying)


def test_a_refused_call_is_an_error(deployment, daemon):
    deployment.put("b.txt", f"Another one. {TEXT}")
    deployment.bedrock.failure = ("AccessDeniedException", 403)
    deployment.invoke_indexing(sqs_event(deployment, "b.txt"))
    deployment.bedrock.failure = None

    embedding = next(s for s in daemon() if s["aws"]["operation"] == "InvokeModel")

    assert (embedding["error"], embedding["fault"], embedding["throttle"]) == (True, False, False)
    assert embedding["http"] == {"response": {"status": 403}}


def test_a_call_that_nobody_answers_is_a_fault(daemon):
    session = Session()
    models = session_of(OPERATOR).get_component("data_loader")
    session.register_component("data_loader", models)
    session.set_credentials("id", "secret")
    trace_calls(session, Tracing.from_environment(os.environ))
    client = session.create_client(
        "sts",
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:9",
        config=Config(retries={"total_max_attempts": 1}),
    )

    with pytest.raises(EndpointConnectionError):
        client.get_caller_identity()

    [segment] = daemon()
    assert (segment["error"], segment["fault"]) == (False, True)
    assert "http" not in segment


def test_a_trace_that_is_not_sampled_is_not_sent(deployment, daemon, monkeypatch):
    for number, header in enumerate([f"Root={TRACE};Parent={PARENT};Sampled=0", ""]):
        monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
        deployment.put(f"c{number}.txt", TEXT)
        deployment.invoke_indexing(sqs_event(deployment, f"c{number}.txt"))

    assert daemon() == []

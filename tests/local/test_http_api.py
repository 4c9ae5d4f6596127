import json

import pytest
from werkzeug.test import Client

from local.http_api import MAX_BODY_BYTES, HttpApi
from local.template import Route

ROUTES = [
    Route("POST", "/query", "Querying"),
    Route("POST", "/tenants/{tenant_id}/query", "Querying"),
]


class Handler:
    """Remembers the last event, and answers it."""

    def __call__(self, event, context):
        self.event, self.context = event, context
        return {"statusCode": 201, "headers": {"x-made-by": "handler"}, "body": "made"}


@pytest.fixture
def handler():
    return Handler()


@pytest.fixture
def client(handler):
    return Client(HttpApi(ROUTES, {"Querying": handler}))


def test_a_request_becomes_an_event_of_payload_format_2(client, handler):
    answer = client.post(
        "/tenants/acme/query?debug=1", data='{"query": "é"}', headers={"X-Id": "7"}
    )

    event = handler.event
    assert (answer.status_code, answer.text, answer.headers["x-made-by"]) == (
        201,
        "made",
        "handler",
    )
    assert event["version"] == "2.0"
    assert event["routeKey"] == "POST /tenants/{tenant_id}/query"
    assert event["rawPath"] == "/tenants/acme/query"
    assert event["pathParameters"] == {"tenant_id": "acme"}
    assert event["queryStringParameters"] == {"debug": "1"}
    assert event["headers"]["x-id"] == "7"
    assert (event["body"], event["isBase64Encoded"]) == ('{"query": "é"}', False)
    assert event["requestContext"]["http"]["method"] == "POST"
    json.dumps(event)


def test_a_body_that_is_no_text_comes_in_base64(client, handler):
    client.post("/query", data=b"\xff\xfe")

    assert (handler.event["body"], handler.event["isBase64Encoded"]) == ("//4=", True)


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/other"), ("GET", "/query"), ("POST", "/tenants/a/b/query")]
)
def test_what_is_no_route_is_answered_by_the_gateway_itself(client, method, path):
    answer = client.open(path, method=method)

    assert (answer.status_code, answer.json) == (404, {"message": "Not Found"})


def test_a_body_that_the_gateway_does_not_take_never_reaches_the_function(client, handler):
    answer = client.post("/query", data=bytes(MAX_BODY_BYTES + 1))

    assert answer.status_code == 413
    assert not hasattr(handler, "event")


def test_the_context_counts_down_to_the_time_out(client, handler):
    client.post("/query", data="{}")

    assert 0 < handler.context.get_remaining_time_in_millis() <= 29_000

import json

import pytest
from werkzeug.test import Client

from local.http_api import MAX_BODY_BYTES, Cors, HttpApi, Route
from local.http_api.authorizers import message

ROUTES = [
    Route("POST /query", "Querying"),
    Route("POST /tenants/{tenant_id}/query", "Querying"),
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


def test_the_default_route_takes_what_no_other_does(handler):
    client = Client(HttpApi([Route("$default", "Querying"), *ROUTES], {"Querying": handler}))

    assert client.get("/tenants/acme/query").status_code == 201
    assert handler.event["routeKey"] == "$default"
    assert handler.event["requestContext"]["http"]["method"] == "GET"
    assert "pathParameters" not in handler.event

    client.post("/tenants/acme/query")
    assert handler.event["routeKey"] == "POST /tenants/{tenant_id}/query"


def test_a_greedy_route_comes_after_exact_ones(handler):
    routes = [Route("POST /{proxy+}", "Querying"), *ROUTES]
    client = Client(HttpApi(routes, {"Querying": handler}))

    client.post("/query")
    assert handler.event["routeKey"] == "POST /query"

    client.post("/query/more")
    assert handler.event["pathParameters"] == {"proxy": "query/more"}


def test_values_of_one_name_in_the_query_are_one_text(client, handler):
    client.post("/query?state=A&state=B&prefix=a%20b")

    assert handler.event["queryStringParameters"] == {"state": "A,B", "prefix": "a b"}


class OnlyAda:
    """An authorizer that knows one caller."""

    def authorize(self, request):
        if request.headers.get("Authorization") != "Ada":
            return message(403, "Forbidden")
        return {"iam": {"userArn": "ada"}}


@pytest.fixture
def guarded(handler):
    routes = [
        Route("POST /query", "Querying", "AWS_IAM"),
        Route("OPTIONS /{proxy+}", "Querying", "NONE"),
    ]
    return Client(HttpApi(routes, {"Querying": handler}, authorizers={"AWS_IAM": OnlyAda()}))


def test_who_is_not_authorized_never_reaches_the_function(guarded, handler):
    answer = guarded.post("/query", headers={"Authorization": "Eve"})

    assert (answer.status_code, answer.json) == (403, {"message": "Forbidden"})
    assert not hasattr(handler, "event")


def test_the_function_is_told_who_was_authorized(guarded, handler):
    guarded.post("/query", headers={"Authorization": "Ada"})
    assert handler.event["requestContext"]["authorizer"] == {"iam": {"userArn": "ada"}}

    guarded.options("/query")
    assert "authorizer" not in handler.event["requestContext"]


CORS = Cors(("https://a.example",), ("GET", "POST"), ("content-type",), ("x-request-id",), 60)


@pytest.mark.parametrize(
    ("cors", "origin", "allowed"),
    [
        (CORS, "https://a.example", "https://a.example"),
        (CORS, "https://b.example", None),
        (Cors(("*",), (), (), (), 60), "https://b.example", "*"),
        (None, "https://a.example", None),
    ],
)
def test_a_page_of_an_allowed_origin_sees_the_answer(handler, cors, origin, allowed):
    client = Client(HttpApi(ROUTES, {"Querying": handler}, cors=cors))

    answer = client.post("/query", headers={"Origin": origin})

    assert answer.headers.get("access-control-allow-origin") == allowed


def test_the_gateway_itself_answers_a_preflight_request(handler):
    client = Client(HttpApi(ROUTES, {"Querying": handler}, cors=CORS))
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}

    answer = client.options("/query", headers=asked)

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-methods"] == "GET,POST"
    assert answer.headers["access-control-allow-headers"] == "content-type"
    assert answer.headers["access-control-max-age"] == "60"
    assert not hasattr(handler, "event")


def test_a_body_that_the_gateway_does_not_take_never_reaches_the_function(client, handler):
    answer = client.post("/query", data=bytes(MAX_BODY_BYTES + 1))

    assert answer.status_code == 413
    assert not hasattr(handler, "event")


def test_the_context_counts_down_to_the_time_out(client, handler):
    client.post("/query", data="{}")

    assert 0 < handler.context.get_remaining_time_in_millis() <= 29_000

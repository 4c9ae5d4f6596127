"""What holds of every answer, whatever was asked."""

import gzip
import http.client
import json
from urllib.parse import quote, urlsplit

import brotli
import pytest

from querying import handler as querying_handler
from vector_store.errors import VectorStoreThrottledError

TEXT = "The lighthouse keeper trims the wick at dusk. " * 60
QUESTION = json.dumps({"query": "wick"})


@pytest.fixture(scope="module")
def library(shared_deployment):
    shared_deployment.put("tenants/acme/lighthouse.txt", TEXT)
    shared_deployment.index_all()
    return shared_deployment


@pytest.fixture
def ask(library):
    connection = http.client.HTTPConnection(urlsplit(library.api_url).netloc)

    def ask(method, path, body=None, **headers):
        connection.request(method, path, body, {n.replace("_", "-"): v for n, v in headers.items()})
        answer = connection.getresponse()
        return answer, answer.read()

    yield ask
    connection.close()


@pytest.mark.parametrize("path", ["/", "/queries", "/tenants/acme", "/tenants/acme/query/more"])
def test_what_is_no_route_is_404_as_a_problem(ask, path):
    answer, body = ask("GET", path)

    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    assert json.loads(body)["detail"] == "no such route"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/query", "POST, OPTIONS"),
        ("DELETE", "/tenants/acme/query", "POST, OPTIONS"),
        ("HEAD", "/tenants/acme/query", "POST, OPTIONS"),
        ("POST", "/documents", "GET, HEAD, OPTIONS"),
        ("PUT", "/tenants/acme/documents", "GET, HEAD, OPTIONS"),
    ],
)
def test_another_method_is_405_and_says_which_there_are(ask, method, path, allowed):
    answer, body = ask(method, path)

    assert (answer.status, answer.headers["allow"]) == (405, allowed)
    assert method == "HEAD" or json.loads(body)["status"] == 405


def test_options_names_the_methods_and_has_no_body(ask):
    answer, body = ask("OPTIONS", "/tenants/acme/documents")

    assert (answer.status, body) == (204, b"")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert ask("OPTIONS", "/nothing")[0].status == 404


@pytest.mark.parametrize("name", ["\x9b", "\x00", "a b", "é", "%", "a/b", "..", "*", "acme?"])
def test_what_is_no_tenant_id_never_reaches_a_tenant(ask, name):
    answer, body = ask("POST", f"/tenants/{quote(name, safe='')}/query", QUESTION)

    assert answer.status in {400, 404}
    assert b"lighthouse" not in body


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/tenants/acme/query", QUESTION),
        ("POST", "/tenants/acme/query", "{"),
        ("GET", "/tenants/acme/documents", None),
        ("HEAD", "/tenants/acme/documents", None),
        ("OPTIONS", "/query", None),
        ("GET", "/nothing", None),
    ],
)
def test_no_answer_is_stored_or_guessed_at_and_each_can_be_found_in_the_log(
    ask, method, path, body
):
    answer, content = ask(method, path, body, x_request_id="chosen")

    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(answer.headers["x-request-id"]) > len("chosen")
    if answer.headers["content-type"] == "application/problem+json":
        assert json.loads(content)["request_id"] == answer.headers["x-request-id"]


def test_the_log_knows_a_request_by_the_id_that_its_answer_has(ask):
    answer, _ = ask("POST", "/query", "{")

    log = querying_handler.logger
    assert log.get_correlation_id() == answer.headers["x-request-id"]
    assert log.get_current_keys()["function_request_id"] != log.get_correlation_id()


@pytest.mark.parametrize(
    ("asked", "decode"), [("br, gzip", brotli.decompress), ("gzip", gzip.decompress)]
)
def test_an_answer_is_coded_as_it_was_asked_for(ask, asked, decode):
    plain, body = ask("POST", "/tenants/acme/query", QUESTION)
    answer, coded = ask("POST", "/tenants/acme/query", QUESTION, accept_encoding=asked)

    assert "content-encoding" not in plain.headers
    assert answer.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert json.loads(decode(coded)) == json.loads(body)
    assert len(coded) < len(body)


def test_a_tenants_index_that_is_asked_too_often_is_429(ask, monkeypatch):
    def throttled(*_):
        raise VectorStoreThrottledError("TooManyRequestsException")

    monkeypatch.setattr("querying.retriever.Retriever.query", throttled)

    answer, body = ask("POST", "/tenants/acme/query", QUESTION)

    assert (answer.status, answer.headers["retry-after"]) == (429, "2")
    assert "TooMany" not in json.loads(body)["detail"]


def test_a_tenant_role_that_cannot_be_assumed_now_is_503(ask, library, monkeypatch):
    querying_handler._tenants.cache_clear()
    monkeypatch.setattr("querying.tenant_role.REFUSED", "NothingIsRefused")
    library.roles.clear()

    answer, _ = ask("POST", "/tenants/acme/query", QUESTION)

    library.roles.update(library.stack.roles())
    querying_handler._tenants.cache_clear()
    assert (answer.status, answer.headers["retry-after"]) == (503, "2")

"""docs/openapi.json: whether it says what is so, and what can be made of it."""

import importlib
import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import jsonschema
import openapi_spec_validator
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.documentation import page
from local.http_api.authorizers import message
from local.openapi import PATH, description
from querying.errors import InvalidFieldError
from querying.query_schema import QueryRequest
from querying.routes import ROUTES

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[2]
DESCRIPTION = json.loads(PATH.read_text())
QUERY_REQUEST = jsonschema.Draft202012Validator(
    {"$ref": "#/components/schemas/QueryRequest", "components": DESCRIPTION["components"]}
)


@pytest.fixture(scope="module")
def library(shared_deployment):
    shared_deployment.put("tenants/acme/a.txt", "The lighthouse keeper.", Metadata={"team": "sea"})
    shared_deployment.put("d.txt", "The lighthouse of nobody.")
    shared_deployment.index_all()
    return shared_deployment


def test_the_description_is_openapi_and_as_the_code_has_it():
    openapi_spec_validator.validate(DESCRIPTION)
    assert json.loads(json.dumps(description())) == DESCRIPTION


def test_every_route_is_described():
    described = {
        (path, method.upper()) for path, item in DESCRIPTION["paths"].items() for method in item
    }

    assert described == {(p, m) for p, methods in ROUTES.items() for m in methods if m != "HEAD"}


def examples():
    for path, item in DESCRIPTION["paths"].items():
        for method, operation in item.items():
            content = operation["responses"]["200"]["content"]["application/json"]
            yield f"{method} {path}", content["schema"], content["example"]
    for name, schema in DESCRIPTION["components"]["schemas"].items():
        for example in schema.get("examples", ()):
            yield name, {"$ref": f"#/components/schemas/{name}"}, example


@pytest.mark.parametrize(
    ("schema", "example"), [pytest.param(s, e, id=name) for name, s, e in examples()]
)
def test_an_example_is_what_its_schema_says(schema, example):
    whole = {**schema, "components": DESCRIPTION["components"]}

    jsonschema.Draft202012Validator(whole).validate(example)


@pytest.mark.parametrize(
    "request_",
    [
        {"query": ""},
        {"query": "x", "top_k": 0},
        {"query": "x", "min_score": 0.5},
        {"query": "x", "rerank": True, "top_k": 101},
        {"query": "x", "group_by": "document", "top_k": 101},
        {"query": "x", "group_by": "document", "context": 1, "top_k": 34},
        {"query": "x", "group_by": "document", "context": 1, "top_k": 51, "passages": 2},
        {"query": "x", "filter": {}},
        {"query": "x", "filter": {"$not": {"a": 1}}},
        {"query": "x", "filter": {"a": {"$like": "b"}}},
        {"query": "x", "filter": {"a": {"$in": []}}},
        {"query": "x", "more": 1},
    ],
)
def test_what_the_schema_refuses_is_refused(library, request_):
    assert not QUERY_REQUEST.is_valid(request_)
    assert library.ask(request_, "acme")[0] in {400, 422}


@given(st.integers(1, 101), st.none() | st.integers(1, 11), st.integers(0, 4))
def test_any_number_of_passages_with_context_is_refused_by_schema_and_model_alike(
    top_k, passages, context
):
    request = {"query": "x", "group_by": "document", "top_k": top_k, "context": context}
    request |= {"passages": passages} if passages else {}

    try:
        QueryRequest.of_json(json.dumps(request).encode())
    except InvalidFieldError:
        is_request = False
    else:
        is_request = True

    assert QUERY_REQUEST.is_valid(request) is is_request


@pytest.mark.parametrize("status", [401, 403, 413, 429, 500, 503])
def test_what_the_gateway_says_itself_is_described_beside_what_the_function_does(status):
    refusal = message(status, "Not Now")

    content = DESCRIPTION["components"]["responses"][f"Problem{status}"]["content"]
    schema = {**content[refusal.mimetype]["schema"], "components": DESCRIPTION["components"]}
    jsonschema.Draft202012Validator(schema).validate(refusal.json)
    assert ("application/problem+json" in content) is (status != 401)


def test_the_page_asks_no_other_host():
    html = page()

    assert '"openapi":"3.1.0"' in html
    for tag in ("<script src", "<link rel='stylesheet'", '<link rel="stylesheet"', "@import"):
        assert tag not in html


def test_the_local_api_serves_description_and_page(library):
    with urllib.request.urlopen(f"{library.api_url}/openapi.json") as answer:
        served = json.load(answer)
    with urllib.request.urlopen(f"{library.api_url}/docs") as answer:
        assert answer.headers["content-type"].startswith("text/html")

    assert served["paths"] == DESCRIPTION["paths"]
    assert "security" not in served


@pytest.fixture(scope="module")
def generated_client(tmp_path_factory):
    """A package that a generator made of the description, and nothing else."""
    folder = tmp_path_factory.mktemp("generated")
    config = folder / "config.yml"
    config.write_text("post_hooks: []\n")
    command = [str(BIN / "openapi-python-client"), "generate", "--path", str(PATH)]
    command += ["--output-path", str(folder / "generated_client"), "--meta", "none"]
    subprocess.run([*command, "--config", str(config), "--fail-on-warning"], check=True)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.syspath_prepend(folder)
        yield importlib.import_module("generated_client")


def test_a_generated_client_asks_and_lists(library, generated_client):
    def of(name):
        return importlib.import_module(f"{generated_client.__name__}.{name}")

    models = of("models")
    with generated_client.Client(base_url=library.api_url) as client:
        question = models.QueryRequest(
            query="lighthouse", filter_=models.Filter.from_dict({"team": "sea"}), top_k=3
        )
        found = of("api.query.query_tenant").sync("acme", client=client, body=question)
        listed = of("api.documents.list_documents_of_default_tenant").sync(client=client, link=True)
        refused = of("api.query.query_tenant").sync(
            "nobody", client=client, body=models.QueryRequest(query="x")
        )

    assert [match.text for match in found.matches] == ["The lighthouse keeper."]
    assert found.matches[0].document.key == "tenants/acme/a.txt"
    assert [document.key for document in listed.documents] == ["d.txt"]
    assert listed.documents[0].link.url.startswith("http")
    assert isinstance(refused, models.Problem)
    assert refused.status == 404


@pytest.mark.api
def test_whatever_is_generated_from_the_description_is_answered_as_it_says(library):
    """By schemathesis, with all its checks."""
    done = subprocess.run(
        [
            str(BIN / "schemathesis"),
            f"--config-file={Path(__file__).parent / 'schemathesis/schemathesis.toml'}",
            "run",
            f"{library.api_url}/openapi.json",
            "--checks=all",
            "--max-examples=100",
            "--no-color",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert "No issues found" in done.stdout

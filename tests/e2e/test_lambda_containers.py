"""Both functions as SAM built them, in Lambda containers, against the local stack."""

import copy
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import jsonschema
import pytest

from catalog import Catalog, DocumentState
from tests.e2e.conftest import sam_local

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
DESCRIPTION = json.loads((ROOT / "docs/openapi.json").read_text())
DOCUMENT = """# Notes on trying it

## On a laptop

To try it on a laptop you need no account: one command starts everything, and answers come in seconds.
"""
# Formats whose parsers come with the layer, or run in a process of their own.
OTHER_FORMATS = (
    "catalogue/tools.csv",
    "catalogue/workshops.json",
    "handbook/frequently-asked-questions.html",
    "handbook/volunteer-guide.docx",
    "safety/workshop-safety-manual.pdf",
)


@pytest.fixture
def invoke(deployment, tmp_path):
    def invoke(function, event):
        event_path, environment = tmp_path / "event.json", tmp_path / "environment.json"
        event_path.write_text(json.dumps(event))
        variables = deployment.stack.environment(function)
        environment.write_text(json.dumps({function: variables}))
        answer = subprocess.run(
            [
                str(ROOT / ".venv-sam/bin/sam"),
                "local",
                "invoke",
                function,
                "--event",
                str(event_path),
                "--env-vars",
                str(environment),
                "--parameter-overrides",
                "VectorStore=" + variables["VECTOR_STORE"],
                "--region",
                "us-east-1",
            ],
            cwd=ROOT,
            env={**os.environ, "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"},
            capture_output=True,
            text=True,
            check=False,
        )
        sys.stderr.write(answer.stderr)
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout.strip().splitlines()[-1])

    return invoke


def test_a_document_is_indexed_and_found_by_functions_in_containers(deployment, invoke):
    s3, bucket = deployment.stack.client("s3"), deployment.stack.documents_bucket
    s3.put_object(Bucket=bucket, Key="README.md", Body=DOCUMENT.encode())
    event = load_event("s3-put.json")
    for key in OTHER_FORMATS:
        s3.put_object(Bucket=bucket, Key=key, Body=(ROOT / "samples" / key).read_bytes())
        record = copy.deepcopy(event["Records"][0])
        record["s3"]["object"]["key"] = key
        event["Records"].append(record)

    indexed = invoke("IndexingFunction", event)
    answered = invoke("QueryingFunction", load_event("http-query.json"))

    outcomes = {report["key"]: report["outcome"] for report in indexed["documents"]}
    assert outcomes == dict.fromkeys(["README.md", *OTHER_FORMATS], "indexed")
    catalog = Catalog(
        deployment.stack.client("dynamodb"), deployment.stack.catalog_table, clock=None
    )
    entry = catalog.get("dropvec-local/demo.chunk", "README.md")
    assert entry.state is DocumentState.INDEXED
    assert answered["statusCode"] == 200
    match = json.loads(answered["body"])["matches"][0]
    assert match["document"]["key"] == "README.md"
    assert "one command starts everything" in match["text"]


@pytest.fixture(scope="module")
def api_url(deployment, tmp_path_factory):
    """The HTTP API in containers, which asks nobody who they are: AUTH_MODE is local there alone."""
    folder = tmp_path_factory.mktemp("start-api")
    with sam_local("start-api", deployment.stack, ["QueryingFunction"], folder) as url:
        wait_for(f"{url}/documents")
        yield url


def wait_for(url):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url):
                return
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"{url} was not there within two minutes")


def test_the_http_api_answers_from_containers(deployment, invoke, api_url):
    s3, bucket = deployment.stack.client("s3"), deployment.stack.documents_bucket
    event = load_event("s3-put.json")
    key = event["Records"][0]["s3"]["object"]["key"]
    s3.put_object(Bucket=bucket, Key=key, Body=DOCUMENT.encode())
    invoke("IndexingFunction", event)

    question = json.dumps({"query": "Do I need an account?"}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{api_url}/query", question)) as answer:
        match = json.load(answer)["matches"][0]
    with urllib.request.urlopen(f"{api_url}/documents?link=true") as answer:
        documents = {d["key"]: d for d in json.load(answer)["documents"]}
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{api_url}/tenants/default_/documents")

    assert "no account" in match["text"]
    assert documents[key]["state"] == "INDEXED"
    with urllib.request.urlopen(documents[key]["link"]["url"]) as source:
        assert source.read().decode() == DOCUMENT
    assert json.load(caught.value)["status"] == caught.value.code == 400


def described_requests():
    """Each operation of the API's description, asked as its examples say, and once as nobody may."""
    (query,) = DESCRIPTION["components"]["schemas"]["QueryRequest"]["examples"]
    for path, item in DESCRIPTION["paths"].items():
        for method, operation in item.items():
            at = path.replace("{tenant_id}", "acme")
            if method == "post":
                yield "post", at, query, 200, operation
                yield "post", at, {**query, "top_k": 0}, 422, operation
            else:
                yield "get", at, None, 200, operation
                yield "get", at + "?state=LOST", None, 422, operation


def test_what_the_api_describes_is_answered_from_containers_as_described(
    deployment, invoke, api_url
):
    s3, bucket = deployment.stack.client("s3"), deployment.stack.documents_bucket
    event = load_event("s3-put.json")
    for key in ("warranty.txt", "tenants/acme/warranty.txt"):
        attributes = json.dumps({"metadataAttributes": {"team": "sales", "year": 2025}})
        s3.put_object(Bucket=bucket, Key=key, Body=b"The warranty covers two years.")
        s3.put_object(Bucket=bucket, Key=f"{key}.metadata.json", Body=attributes.encode())
        record = copy.deepcopy(event["Records"][0])
        record["s3"]["object"]["key"] = key
        event["Records"].append(record)
    invoke("IndexingFunction", event)

    for method, path, body, expected, operation in described_requests():
        data = json.dumps(body).encode() if body else None
        asked = urllib.request.Request(api_url + path, data, method=method.upper())
        try:
            with urllib.request.urlopen(asked) as answer:
                status, kind, said = answer.status, answer.headers["content-type"], answer.read()
        except urllib.error.HTTPError as error:
            status, kind, said = error.code, error.headers["content-type"], error.read()
        assert status == expected, (path, said)
        response = operation["responses"][str(status)]
        if "$ref" in response:
            response = DESCRIPTION["components"]["responses"][response["$ref"].rpartition("/")[2]]
        schema = response["content"][kind]["schema"]
        whole = {**schema, "components": DESCRIPTION["components"]}
        jsonschema.Draft202012Validator(whole).validate(json.loads(said))
        if body and status == 200:
            assert "warranty" in json.loads(said)["matches"][0]["text"]


def load_event(name):
    return json.loads((ROOT / "events" / name).read_text())

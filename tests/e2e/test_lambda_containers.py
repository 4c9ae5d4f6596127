"""Both functions as SAM built them, in Lambda containers, against the local stack."""

import ipaddress
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from catalog import Catalog, DocumentState
from local.running import running

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
DOCUMENT = """# Notes on trying it

## On a laptop

To try it on a laptop you need no account: one command starts everything, and answers come in seconds.
"""


@pytest.fixture(scope="module")
def docker_bridge():
    """This machine's address on the docker bridge: an IP, so that S3 clients use path-style addresses."""
    found = subprocess.run(
        [docker(), "network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}"],
        capture_output=True,
        text=True,
        check=True,
    )
    (bridge,) = json.loads(found.stdout)
    # Docker takes the subnet's first address, and says so only where it was told to.
    return bridge.get("Gateway") or str(ipaddress.ip_network(bridge["Subnet"])[1])


@pytest.fixture(scope="module")
def deployment(docker_bridge):
    with running(aws_host=docker_bridge, aws_port=0, with_functions=False) as deployment:
        yield deployment


@pytest.fixture
def invoke(deployment, tmp_path):
    def invoke(function, event):
        environment = tmp_path / "environment.json"
        variables = deployment.stack.environment(function)
        environment.write_text(json.dumps({function: variables}))
        answer = subprocess.run(
            [
                str(ROOT / ".venv-sam/bin/sam"),
                "local",
                "invoke",
                function,
                "--event",
                str(ROOT / "events" / event),
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
    deployment.stack.client("s3").put_object(
        Bucket=deployment.stack.documents_bucket,
        Key="README.md",
        Body=DOCUMENT.encode(),
        ContentType="text/markdown",
    )

    indexed = invoke("IndexingFunction", "s3-put.json")
    answered = invoke("QueryingFunction", "http-query.json")

    assert indexed["documents"][0]["outcome"] == "indexed"
    catalog = Catalog(
        deployment.stack.client("dynamodb"), deployment.stack.catalog_table, clock=None
    )
    entry = catalog.get("dropvec-local/demo.chunk", "README.md")
    assert entry.state is DocumentState.INDEXED
    assert answered["statusCode"] == 200
    match = json.loads(answered["body"])["matches"][0]
    assert match["document"]["key"] == "README.md"
    assert "one command starts everything" in match["text"]


def docker():
    found = shutil.which("docker")
    assert found, "Docker is not installed"
    return found

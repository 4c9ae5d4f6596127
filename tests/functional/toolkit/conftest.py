"""graphrag-toolkit in an environment and a process of its own, on the deployment's endpoint."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from local.roles import OPERATOR, credentials
from local.template import REGION
from tests.functional.conftest import Deployment, LocalAws

PYTHON = Path(__file__).parents[3] / ".venv-toolkit/bin/python"
INSTALLED = PYTHON.parents[1] / "installed"
PROCESS = Path(__file__).with_name("toolkit_process.py")

toolkit_tests = [
    pytest.mark.toolkit,
    pytest.mark.skipif(
        not INSTALLED.exists(), reason="graphrag-toolkit is not installed: make toolkit-setup"
    ),
]
with_and_without_prefix = pytest.mark.parametrize(
    "index_prefix", ["app1", None], ids=["with a prefix", "without a prefix"]
)


@dataclass
class Toolkit:
    """A running toolkit; what it is asked, its S3 Vectors class does."""

    process: subprocess.Popen[str]
    store: str
    """The connection string that it is told."""
    tenant: str | None

    def _call(self, call: str, **arguments: Any) -> Any:
        request = {"call": call, "store": self.store, "tenant": self.tenant, **arguments}
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the toolkit has ended: its stderr says why"
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def top_k(self, query: str, top_k: int = 20, **narrowed: Any) -> list[dict[str, Any]]:
        """Narrowed by `where` ([(key, operator, value)]), by versioning `mode` or `at` a time."""
        return list(self._call("top_k", query=query, top_k=top_k, **narrowed))

    def found(self, query: str, **narrowed: Any) -> list[str]:
        """The ids of what `top_k` finds, best first."""
        return [result["chunk"]["chunkId"] for result in self.top_k(query, **narrowed)]

    def get_embeddings(self, ids: list[str]) -> list[dict[str, Any]]:
        return list(self._call("get_embeddings", ids=ids))

    def add_embeddings(self, *chunks: dict[str, Any]) -> None:
        assert self._call("add_embeddings", chunks=chunks) == [chunk["id"] for chunk in chunks]

    def update_versioning(self, timestamp: int, ids: list[str]) -> None:
        self._call("update_versioning", timestamp=timestamp, ids=ids)


@pytest.fixture(scope="session")
def toolkit_process(aws: LocalAws) -> Iterator[subprocess.Popen[str]]:
    environment = {
        **credentials(OPERATOR),
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": aws.url,
        "EMBEDDINGS_MODEL": "amazon.titan-embed-text-v2:0",
        "EMBEDDINGS_DIMENSIONS": "1024",
        "HOME": os.environ.get("HOME", "/"),
        "PATH": os.environ["PATH"],
    }
    with subprocess.Popen(
        [PYTHON, PROCESS],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        assert process.stdin
        process.stdin.close()


@pytest.fixture
def index_prefix() -> str | None:
    """A test may be parametrized with others."""
    return "app1"


@pytest.fixture
def deployment(deployment: Deployment, index_prefix: str | None) -> Deployment:
    deployment.store = replace(deployment.store, index_prefix=index_prefix)
    deployment.deploy(VectorStore=str(deployment.store))
    return deployment


@pytest.fixture(params=[None, "admin"], ids=["default tenant", "tenant admin"])
def tenant(request: pytest.FixtureRequest) -> str | None:
    tenant: str | None = request.param
    return tenant


@pytest.fixture
def key(tenant: str | None) -> Callable[[str], str]:
    """Where a document of the tenant lies in the bucket."""
    return lambda name: f"tenants/{tenant}/{name}" if tenant else name


@pytest.fixture
def toolkit(
    toolkit_process: subprocess.Popen[str], deployment: Deployment, tenant: str | None
) -> Toolkit:
    return Toolkit(toolkit_process, str(deployment.store), tenant)

"""SAM's local Lambda: the functions as they were built, in containers, against the local stack."""

import ipaddress
import json
import os
import shutil
import signal
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.running import running

ROOT = Path(__file__).parents[2]


def docker():
    found = shutil.which("docker")
    assert found, "Docker is not installed"
    return found


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
def deployment(docker_bridge):
    """One for all: what moto keeps is the process's."""
    with running(aws_host=docker_bridge, aws_port=0, with_functions=False) as deployment:
        yield deployment


@contextmanager
def sam_local(command, stack, functions, folder):
    """`sam local <command>`, a server, while the block lasts; gives its address. Containers stay warm."""
    variables = {function: stack.environment(function) for function in functions}
    environment = folder / "environment.json"
    environment.write_text(json.dumps(variables))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with subprocess.Popen(
        [
            *(str(ROOT / ".venv-sam/bin/sam"), "local", command, "--port", str(port)),
            *("--env-vars", str(environment), "--region", "us-east-1"),
            *("--parameter-overrides", "VectorStore=" + variables[functions[0]]["VECTOR_STORE"]),
            *("--warm-containers", "LAZY"),
        ],
        cwd=ROOT,
        env={**os.environ, "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"},
    ) as process:
        yield f"http://127.0.0.1:{port}"
        process.send_signal(signal.SIGINT)
        process.wait(60)

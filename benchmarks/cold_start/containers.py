"""New Lambda containers of the runtime's image, each asked once."""

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

IMAGE = "public.ecr.aws/lambda/python:3.13-x86_64"
RUNTIME_INTERFACE_EMULATOR = "samcli/local/rapid/aws-lambda-rie-x86_64"
SECONDS_TO_START = 30


@dataclass(frozen=True, slots=True)
class Packed:
    """A function as it was built: what Lambda mounts at /var/task and at /opt, read-only."""

    name: str
    handler: str
    task: Path
    opt: Path
    environment: Mapping[str, str]


class Containers:
    """Starts containers with the emulator of Lambda's runtime interface that the SAM CLI brings."""

    def __init__(self, sam_environment: Path) -> None:
        (self._emulator,) = sam_environment.glob(
            f"lib/python*/site-packages/{RUNTIME_INTERFACE_EMULATOR}"
        )

    def ask(self, packed: Packed, event: Any) -> Any:
        """Return what a new container answers to its first event."""
        container = _docker(
            *("run", "--detach", "--entrypoint", "/rie/aws-lambda-rie"),
            *("--volume", f"{self._emulator}:/rie/aws-lambda-rie:ro"),
            *("--volume", f"{packed.task}:/var/task:ro", "--volume", f"{packed.opt}:/opt:ro"),
            *(f"--env={name}={value}" for name, value in packed.environment.items()),
            *("--env=_HANDLER=probe.handler", f"--env=PROBED_HANDLER={packed.handler}"),
            *(
                "--env=AWS_LAMBDA_FUNCTION_TIMEOUT=900",
                "--env=AWS_LAMBDA_FUNCTION_MEMORY_SIZE=1769",
            ),
            *(IMAGE, "/var/runtime/bootstrap", "probe.handler"),
        )
        try:
            address = _docker(
                "inspect", "--format", "{{.NetworkSettings.IPAddress}}", container
            ) or _docker(
                *("inspect", "--format"),
                "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
                container,
            )
            answer = _post(
                f"http://{address}:8080/2015-03-31/functions/function/invocations", event
            )
            if "cpu" not in answer:
                raise RuntimeError(f"{packed.name}: {answer}\n{_docker('logs', container)}")
            return answer
        finally:
            _docker("rm", "--force", container)


def _post(url: str, event: Any) -> Any:
    body = json.dumps(event).encode()
    until = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data=body)) as answer:  # noqa: S310
                return json.load(answer)
        except (ConnectionError, urllib.error.URLError):
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607
    if done.returncode:
        raise RuntimeError(f"docker {arguments[0]}: {done.stderr}")
    return done.stdout.strip()

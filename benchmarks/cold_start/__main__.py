"""Cold starts: ratios to a handler that imports boto3 and builds one client, in one run.

    python -m benchmarks.cold_start [--runs 9]

Needs Docker with the image of Lambda's Python 3.13, `make build`, and the SAM CLI (`make sam-setup`).
Each function runs in new containers, in turns: from before its module is imported until its first
answer, without the runtime's own start. The services answer from this machine, and what they take is
subtracted from the time; CPU is the function's own process. Ratios are medians of pairs, with the lowest
and the highest. The exit status is 1 if one, of CPU or of time, is above its bound.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_network
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.cold_start.containers import Containers, Packed
from benchmarks.cold_start.packages import BUILT, LAYERS, ROOT, boto3, dropvec
from local.aws import AwsEndpoint
from local.stack import LocalStack
from local.wsgi_server import WsgiServer
from tests.fakes.hashing_bedrock import HashingBedrock

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

BOUNDS = {"boto3, sam build": 0.75, "boto3, bytecode": 1.3}
MAX_LAYER_BYTES = 60_000_000


class Start(NamedTuple):
    """What a cold start took, in seconds."""

    cpu: float
    wall: float
    """Without what the services took."""


class Timed:
    """A WSGI application that adds up the seconds that another takes."""

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application
        self.seconds = 0.0

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Have a request answered."""
        started = time.perf_counter()
        answer = list(self._application(environ, start_response))
        self.seconds += time.perf_counter() - started
        return answer


def main() -> int:
    """Print every ratio beside its bound; 0 if all are within."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--runs", type=int, default=9)
    runs = arguments.parse_args().runs
    endpoint = Timed(AwsEndpoint(bedrock_runtime=HashingBedrock()))
    with WsgiServer(endpoint, host=_bridge()) as server, TemporaryDirectory() as folder:
        stack = LocalStack(server.url)
        stack.create()
        as_deployed = {**stack.environment("QueryingFunction"), "AUTH_MODE": "iam"}
        querying = dropvec("QueryingFunction", as_deployed, Path(folder))
        indexing = dropvec("IndexingFunction", stack.environment("IndexingFunction"), Path(folder))
        references = boto3(stack.environment("QueryingFunction"), Path(folder))
        containers = Containers(ROOT / ".venv-sam")
        _index_something(stack, containers, indexing)
        taken: dict[str, list[Start]] = {}
        for _ in range(runs):
            for packed, event in (
                *((reference, {}) for reference in references),
                (querying, _event("http-query.json")),
                (indexing, _event_of_no_format(stack)),
            ):
                endpoint.seconds = 0.0
                answer = containers.ask(packed, event)
                _check(packed, answer["answer"])
                start = Start(answer["cpu"], answer["wall"] - endpoint.seconds)
                taken.setdefault(packed.name, []).append(start)
    within = [*_ratios(taken, [packed.name for packed in references]), _layers()]
    return 0 if all(within) else 1


def _ratios(taken: Mapping[str, Sequence[Start]], references: Sequence[str]) -> Iterator[bool]:
    for name, starts in taken.items():
        cpu, wall = (statistics.median(column) * 1e3 for column in zip(*starts, strict=True))
        _say(f"{name:22} {cpu:5.0f} ms of CPU, {wall:5.0f} ms without the services")
    for name, starts in taken.items():
        for reference in references if name not in references else ():
            pairs = list(zip(starts, taken[reference], strict=True))
            for kind in Start._fields:
                ratios = [getattr(ours, kind) / getattr(theirs, kind) for ours, theirs in pairs]
                ratio = statistics.median(ratios)
                _say(
                    f"{name} / {reference}, {kind}: {ratio:.2f} ({min(ratios):.2f} to "
                    f"{max(ratios):.2f}), at most {BOUNDS[reference]}"
                )
                yield ratio <= BOUNDS[reference]


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _layers() -> bool:
    sizes = {
        layer: sum(path.stat().st_size for path in (BUILT / layer).rglob("*") if path.is_file())
        for layer in LAYERS
    }
    total = sum(sizes.values())
    parts = ", ".join(f"{layer} {size / 1e6:.1f} MB" for layer, size in sizes.items())
    _say(f"Layers: {parts}; at most {MAX_LAYER_BYTES / 1e6:.0f} MB together")
    return total <= MAX_LAYER_BYTES


def _index_something(stack: LocalStack, containers: Containers, indexing: Packed) -> None:
    document = (ROOT / "README.md").read_bytes()
    stack.client("s3").put_object(Bucket=stack.documents_bucket, Key="README.md", Body=document)
    report = containers.ask(indexing, _event("s3-put.json"))["answer"]["documents"][0]
    if report["outcome"] != "indexed":
        raise RuntimeError(f"README.md: {report}")


def _event_of_no_format(stack: LocalStack) -> Any:
    """A new document that no loader reads: its work ends where the loader is chosen."""
    key = f"{time.time_ns()}.unknown"
    stack.client("s3").put_object(Bucket=stack.documents_bucket, Key=key, Body=b"\0\1\2")
    event = _event("s3-put.json")
    event["Records"][0]["s3"]["object"]["key"] = key
    return event


def _check(packed: Packed, answer: Any) -> None:
    """Raise RuntimeError unless the answer is what the function is there for."""
    expected = {
        "dropvec querying": lambda: answer["statusCode"] == 200 and '"matches"' in answer["body"],
        "dropvec indexing": lambda: [d["outcome"] for d in answer["documents"]] == ["failed"],
    }.get(packed.name, lambda: answer == "ready")
    if not expected():
        raise RuntimeError(f"{packed.name}: {answer}")


def _event(name: str) -> Any:
    return json.loads((ROOT / "events" / name).read_text())


def _bridge() -> str:
    found = subprocess.run(
        ["docker", "network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}"],  # noqa: S607
        capture_output=True,
        check=True,
    )
    (bridge,) = json.loads(found.stdout)
    return bridge.get("Gateway") or str(ip_network(bridge["Subnet"])[1])


if __name__ == "__main__":
    sys.exit(main())

"""One library's run of one case, in a process of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from threading import Timer
from typing import Any

from benchmarks.peers.cases import Case, Kind
from benchmarks.peers.changed_document import left_and_lost
from benchmarks.peers.endpoint import Endpoint, by_operation, serving
from benchmarks.peers.results import OURS, Run
from vector_store.factory import ATTEMPTS

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-bench" / "bin" / "python"


def run(library: str, case: Case) -> Run:
    """Return what came of it; what the library raised, or that it was stopped, is the run's error."""
    with serving(case.dimensions) as endpoint:
        environment = _environment(endpoint)
        python = PYTHON
        if case.kind is Kind.UPDATE and library == OURS:
            environment |= endpoint.deploy()
            python = Path(sys.executable)  # it has what the function needs
        with _worker(python, library, case, environment) as worker:
            told = told_by(worker, endpoint, case)
        endpoint.calm()
        requests = endpoint.requests()
        if "error" in told:
            return Run(by_operation(requests), {}, told["error"] + _damage(endpoint, case))
        figures = {
            "sent": sum(r.sent for r in requests),
            "received": sum(r.received for r in requests),
            **_kept(endpoint, case, told),
            **{n: round(told[n], 4) for n in ("wall", "cpu", "peak", "result") if n in told},
        }
        return Run(by_operation(requests), figures)


def told_by(worker: subprocess.Popen[str], endpoint: Endpoint, case: Case) -> dict[str, Any]:
    """Return what the worker says of its measured part, or why it does not."""
    assert worker.stdin  # noqa: S101 - they are pipes
    assert worker.stdout  # noqa: S101
    line = worker.stdout.readline()
    if line.strip() == "ready":
        if case.kind is not Kind.START:
            endpoint.begin(failing=case.failing)
        worker.stdin.write("go\n")
        worker.stdin.flush()
        stop, started = Timer(case.limit_seconds, worker.kill), time.monotonic()
        stop.start()
        line = worker.stdout.readline()
        stop.cancel()
        if not line and time.monotonic() - started >= case.limit_seconds:
            count = len(endpoint.requests())
            return {"error": f"does not end: {count} requests in {case.limit_seconds:.0f} s"}
    if not line:
        return {"error": f"ended with status {worker.wait()}"}
    answer: dict[str, Any] = json.loads(line)
    return answer


def _kept(endpoint: Endpoint, case: Case, told: Mapping[str, Any]) -> dict[str, float]:
    """What the index holds of what it should, beside what the caller was told."""
    match case.kind:
        case Kind.PUT:
            stored = len(endpoint.stored())
            return {"result": stored, "lost": case.count - stored}
        case Kind.SMALL_PUTS:
            missing = {f"{n:032x}" for n in range(case.count)} - endpoint.stored().keys()
            refused = set(told["refused"])
            return {
                "refused": len(refused),
                "lost": len(missing),
                "silent": len(missing - refused),
            }
        case Kind.UPDATE:
            left, lost = left_and_lost(case.count, endpoint.stored().values())
            # dropvec asks the endpoint's model, and the others one in their own process.
            embedded = told["embedded"] or endpoint.model.embedded
            return {"embedded": embedded, "left": left, "lost": lost}
        case _:
            return {}


def _damage(endpoint: Endpoint, case: Case) -> str:
    """What a failed update left behind, in words."""
    if case.kind != Kind.UPDATE:
        return ""
    left, lost = left_and_lost(case.count, endpoint.stored().values())
    return f"; {lost} chunks are missing then, and {left} old ones left"


@contextmanager
def _worker(
    python: Path, library: str, case: Case, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[str]]:
    worker = subprocess.Popen(  # noqa: S603
        [python, "-m", "benchmarks.peers.worker", library, json.dumps(asdict(case))],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if not os.environ.get("PEERS_DEBUG") else None,
        text=True,
    )
    try:
        yield worker
    finally:
        worker.kill()
        worker.communicate()


def _environment(endpoint: Endpoint) -> dict[str, str]:
    paths = (ROOT, ROOT / "functions", ROOT / "layers" / "shared")
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "AWS_ENDPOINT_URL": endpoint.url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        # As many as dropvec's own clients have: botocore's default is one less.
        "AWS_MAX_ATTEMPTS": str(ATTEMPTS),
        "POWERTOOLS_METRICS_DISABLED": "true",
    }

"""dropvec's store beside other libraries: requests, bytes, CPU, time, memory, results and losses.

    make bench                                  (or python -m benchmarks.peers [--runs 3] [--large])

Every library runs in a process of its own, in turns, against one endpoint of this machine that takes 30 ms
before it answers. The result is printed, and written to `docs/benchmarks.md` with a chart. `--large`
adds 100,000 records, which takes an hour.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.peers import report
from local.s3vectors import Fault, LocalServer, S3VectorsService

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-bench" / "bin" / "python"
LATENCY_SECONDS = 0.03
PLACE = {"vectorBucketName": "peers", "indexName": "chunk"}

LIBRARIES = (
    "dropvec",
    "boto3",
    "langchain-aws",
    "llama-index-vector-stores-s3",
    "dynavec",
    "graphrag-lexical-graph",
)


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that is asked of every library."""

    title: str
    kind: str
    """Which of the worker's cases it is."""
    dimensions: int
    count: int
    fault_probability: float = 0.0


CASES = (
    Case("1,000 records of 1,024 dimensions", "put", 1_024, 1_000),
    Case("1,000 records of 3,072 dimensions", "put", 3_072, 1_000),
    Case("500 small documents in one call", "put", 1_024, 500),
    Case("1,000 records, ten a call, 10 % of requests failing", "small calls", 256, 1_000, 0.1),
    Case("50 queries for ten matches", "query", 1_024, 1_000),
    Case("one query for 1,000 matches", "query many", 1_024, 1_200),
)
LARGE = Case("100,000 records of 1,024 dimensions", "put", 1_024, 100_000)


def main() -> int:
    """Run all cases, and write what came of them; 1 where dropvec lost something."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--large", action="store_true")
    chosen = arguments.parse_args()
    cases = [*CASES, LARGE] if chosen.large else list(CASES)
    taken: dict[tuple[str, str], list[report.Run]] = {}
    for case in cases:
        for _ in range(1 if case is LARGE else chosen.runs):
            for library in LIBRARIES:
                run = _run(library, case)
                taken.setdefault((case.title, library), []).append(run)
                sys.stderr.write(f"{case.title}: {library}: {run}\n")
    written = report.markdown(taken, _machine(chosen.runs))
    sys.stdout.write(written)
    (ROOT / "docs" / "benchmarks.md").write_text(written)
    (ROOT / "docs" / "benchmarks.svg").write_text(report.chart(taken, CASES[0].title))
    lost = sum(
        run.lost for (_, library), runs in taken.items() for run in runs if library == "dropvec"
    )
    return 1 if lost else 0


def _run(library: str, case: Case) -> report.Run:
    service = S3VectorsService()
    service.call("CreateVectorBucket", {"vectorBucketName": PLACE["vectorBucketName"]})
    with LocalServer(service) as server, _worker(library, case, server.url) as worker:
        assert worker.stdin  # noqa: S101 - they are pipes
        assert worker.stdout  # noqa: S101
        if worker.stdout.readline().strip() != "ready":
            return report.Run.failed()
        service.calls.clear()
        # One of the two concerns a call: what fails takes no time, and the others take theirs.
        if case.fault_probability:
            failing = Fault("ServiceUnavailableException", probability=case.fault_probability)
            service.faults.add(failing)
        service.faults.add(Fault(delay_seconds=LATENCY_SECONDS))
        worker.stdin.write("go\n")
        worker.stdin.flush()
        answer = worker.stdout.readline()
        service.faults.clear()
        calls = service.calls.of()
        if not answer:
            return report.Run.failed()
        is_put = case.kind in {"put", "small calls"}
        return report.Run.of(
            json.loads(answer),
            requests=len(calls),
            sent=sum(call.request_bytes or 0 for call in calls),
            lost=case.count - _stored(service) if is_put else 0,
        )


@contextmanager
def _worker(library: str, case: Case, url: str) -> Iterator[subprocess.Popen[str]]:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "functions", ROOT / "layers/shared"))),
        "AWS_ENDPOINT_URL_S3VECTORS": url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }
    worker = subprocess.Popen(  # noqa: S603
        [
            *(PYTHON, "-m", "benchmarks.peers.worker", library, case.kind),
            *(str(case.dimensions), str(case.count)),
        ],
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


def _stored(service: S3VectorsService) -> int:
    count, page = 0, {}
    while True:
        answer: Any = service.call("ListVectors", {**PLACE, "maxResults": 1_000, **page})
        count += len(answer["vectors"])
        if "nextToken" not in answer:
            return count
        page = {"nextToken": answer["nextToken"]}


def _machine(runs: int) -> str:
    versions = subprocess.run(  # noqa: S603
        [
            *(PYTHON, "-c"),
            (
                "import sys; from importlib.metadata import version; "
                "print(*(f'{n} {version(n)}' for n in sys.argv[1:]), sep=', ')"
            ),
            *("botocore", *LIBRARIES[1:]),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return (
        f"{os.cpu_count()} processors ({cpu}), {platform.system()}, Python "
        f"{platform.python_version()}; {versions}. "
        + (
            f"Medians of {runs} runs, taken in turns; the lowest and the highest are in brackets."
            if runs > 1
            else "One run: no spread is known."
        )
    )


if __name__ == "__main__":
    sys.exit(main())

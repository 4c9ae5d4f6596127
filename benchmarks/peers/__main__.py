"""dropvec beside other libraries: requests, bytes, CPU, time, memory, results and losses.

    make bench            (or python -m benchmarks.peers [--runs 3] [--cases put update …])

Every library runs in a process of its own, in turns, against one endpoint of this machine. What came
of it is printed, kept in `docs/benchmarks.json`, and written to `docs/benchmarks.md` with a chart; other
cases that are in the file stay as they are. The cases of 100,000 records are run where they are named.
`--cases` without any writes page and chart again, out of the file.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.peers import report
from benchmarks.peers.cases import CASES, CHARTED, LIBRARIES, Case
from benchmarks.peers.chart import chart
from benchmarks.peers.race import PYTHON, ROOT, run
from benchmarks.peers.results import OURS, Result, Run, load, save

DOCS = ROOT / "docs"


def main() -> int:
    """Run cases, and write what came of them; 1 where dropvec failed."""
    named = {case.name: case for case in CASES}
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument(
        "--cases", nargs="*", choices=named, metavar="CASE", help=", ".join(named)
    )
    arguments.add_argument("--docs", type=Path, default=DOCS, help="where it is written to")
    chosen = arguments.parse_args()
    if chosen.runs < 1:
        arguments.error(f"--runs is {chosen.runs}, and must be 1 or more")
    if not PYTHON.exists():
        arguments.error(f"there is no {PYTHON.relative_to(ROOT)}: `make bench-setup` makes it")
    cases = [case for case in CASES if not case.is_large]
    if chosen.cases is not None:
        cases = [named[name] for name in chosen.cases]
    minutes = chosen.runs * sum(case.minutes for case in cases)
    sys.stderr.write(f"{len(cases)} cases, {chosen.runs} runs: about {minutes:.0f} minutes\n")
    results = load(chosen.docs / "benchmarks.json")
    machine = _machine()
    for case in cases:
        runs = _race(case, chosen.runs)
        results[case.name] = Result(machine, datetime.now(UTC).date().isoformat(), runs)
        sys.stdout.write(f"{report.section(case, results[case.name], 1)}\n")
        _write(chosen.docs, results)  # so that one that is stopped keeps what it did
    _write(chosen.docs, results)
    ours = [one for case in cases for one in results[case.name].runs[OURS]]
    return int(any(one.has_failed() for one in ours))


def _race(case: Case, count: int) -> dict[str, Sequence[Run]]:
    runs: dict[str, list[Run]] = {library: [] for library in case.libraries}
    for number in range(count * case.repeated):
        # Another begins each time: what the first one warms, and who it is, must not matter.
        first = number % len(case.libraries)
        for library in (*case.libraries[first:], *case.libraries[:first]):
            started = time.monotonic()
            runs[library].append(run(library, case))
            seconds = time.monotonic() - started
            sys.stderr.write(f"{case.name}: {library}: {seconds:.0f} s: {runs[library][-1]}\n")
    return dict(runs)


def _write(docs: Path, results: dict[str, Result]) -> None:
    docs.mkdir(parents=True, exist_ok=True)
    save(docs / "benchmarks.json", results)
    (docs / "benchmarks.md").write_text(report.page(results, "benchmarks.svg"))
    charted = {case.title: results[case.name] for case in CHARTED if case.name in results}
    if charted:
        (docs / "benchmarks.svg").write_text(chart(charted))


def _machine() -> str:
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
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} processors ({cpu}), {memory:.0f} GiB, {platform.system()}, Python "
        f"{platform.python_version()}; {versions}."
    )


if __name__ == "__main__":
    sys.exit(main())

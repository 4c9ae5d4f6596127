"""What came of the runs: a page of tables, and a chart."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

Taken = Mapping[tuple[str, str], "Sequence[Run]"]

OURS = "dropvec"
ALONE = "boto3"
"""What the others are made of: no library of its own."""

TEXT = """# dropvec beside other libraries

Written by `make bench`. One endpoint of the machine that everything runs on, 30 ms before each
answer; every library in a process of its own, used as its documentation says and in the largest
requests that it can make. Embeddings are random float32 vectors, given to all as lists of floats;
CPU and memory are the library's process alone, and memory is what it grew by.

{machine}

![CPU to put 1,000 records]({chart})

"""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took: seconds, bytes, and what it was for."""

    requests: int
    sent: int
    cpu: float
    wall: float
    peak: int
    result: int
    lost: int
    start_cpu: float
    is_done: bool = True

    @classmethod
    def of(cls, answer: Mapping[str, Any], *, requests: int, sent: int, lost: int) -> Self:
        """Return the run that a worker tells of."""
        return cls(
            requests,
            sent,
            answer["cpu"],
            answer["wall"],
            answer["peak"],
            answer["result"],
            lost,
            answer["made"]["cpu"],
        )

    @classmethod
    def failed(cls) -> Self:
        """Return the run of a library that raised an error."""
        return cls(0, 0, 0.0, 0.0, 0, 0, 0, 0.0, is_done=False)


def markdown(taken: Taken, machine: str) -> str:
    """Return the page."""
    text = TEXT.format(machine=machine, chart="benchmarks.svg")
    for title in dict.fromkeys(title for title, _ in taken):
        libraries = {library: runs for (t, library), runs in taken.items() if t == title}
        text += f"## {title[0].upper()}{title[1:]}\n\n{_table(libraries)}\n{_ratios(libraries)}\n"
    return text + _starts(taken)


def _table(libraries: Mapping[str, Sequence[Run]]) -> str:
    lines = [
        "| | requests | MB sent | CPU s | wall s | memory MB | results | lost |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for library, runs in libraries.items():
        if not all(run.is_done for run in runs):
            lines.append(f"| {library} | failed | | | | | | |")
            continue
        lines.append(
            f"| {library} | {_median(runs, lambda r: r.requests):.0f} "
            f"| {_median(runs, lambda r: r.sent) / 1e6:.2f} | {_spread(runs, lambda r: r.cpu)} "
            f"| {_spread(runs, lambda r: r.wall)} | {_median(runs, lambda r: r.peak) / 1e6:.0f} "
            f"| {_median(runs, lambda r: r.result):.0f} | {sum(r.lost for r in runs)} |"
        )
    return "\n".join(lines) + "\n"


def _ratios(libraries: Mapping[str, Sequence[Run]]) -> str:
    done = {name: runs for name, runs in libraries.items() if all(run.is_done for run in runs)}
    if OURS not in done:
        return ""
    # Who brings less is not compared.
    brought = _median(done[OURS], lambda r: r.result)
    others = [
        name
        for name, runs in done.items()
        if name != OURS and _median(runs, lambda r: r.result) == brought
    ]
    if not others:
        return ""
    best = min(others, key=lambda name: _median(done[name], lambda r: r.cpu))
    pairs = list(zip(done[OURS], done[best], strict=True))
    alone = list(zip(done[OURS], done[ALONE], strict=True)) if ALONE in others else []
    cpu = statistics.median(theirs.cpu / ours.cpu for ours, theirs in pairs)
    sent = statistics.median(ours.sent / theirs.sent for ours, theirs in pairs)
    wall = statistics.median(ours.wall / theirs.wall for ours, theirs in alone or pairs)
    return (
        f"The one with the least CPU of the others is {best}: {cpu:.1f} times dropvec's; dropvec sends "
        f"{sent:.2f} of its bytes. Beside bare boto3, dropvec takes {wall:.2f} of the time.\n"
    )


def _starts(taken: Taken) -> str:
    lines = ["## Importing the library and making its client\n", "| | CPU s |", "| --- | --- |"]
    for library in dict.fromkeys(library for _, library in taken):
        runs = [
            run for (_, name), rs in taken.items() if name == library for run in rs if run.is_done
        ]
        if runs:
            lines.append(f"| {library} | {_spread(runs, lambda r: r.start_cpu)} |")
    return "\n".join(lines) + "\n"


def chart(taken: Taken, title: str) -> str:
    """Return bars of the CPU that one case took, as SVG."""
    values = {
        library: _median(runs, lambda r: r.cpu)
        for (t, library), runs in taken.items()
        if t == title and all(run.is_done for run in runs)
    }
    longest, height = max(values.values()), 28 * len(values) + 44
    bars = "\n".join(
        f'<text x="212" y="{y + 15}" text-anchor="end">{library}</text>'
        f'<rect x="220" y="{y}" width="{380 * value / longest:.1f}" height="20" '
        f'fill="{"#0a7d4f" if library == OURS else "#8a94a0"}"/>'
        f'<text x="{226 + 380 * value / longest:.1f}" y="{y + 15}">{value:.2f} s</text>'
        for y, (library, value) in zip(range(40, height, 28), values.items(), strict=False)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="680" height="{height}" '
        'font-family="sans-serif" font-size="13">\n<rect width="100%" height="100%" fill="#ffffff"/>\n'
        f'<text x="12" y="24" font-size="15">CPU seconds to put {title}</text>\n{bars}\n</svg>\n'
    )


def _median(runs: Sequence[Run], of: Callable[[Run], float]) -> float:
    return statistics.median(map(of, runs))


def _spread(runs: Sequence[Run], of: Callable[[Run], float]) -> str:
    values = sorted(map(of, runs))
    return f"{statistics.median(values):.2f} [{values[0]:.2f}-{values[-1]:.2f}]"

"""What came of the runs: a page of tables."""

import statistics
from collections.abc import Mapping, Sequence

from benchmarks.peers.cases import CASES, WITHOUT_NUMPY, Case, Kind
from benchmarks.peers.columns import COLUMNS, CPU, LEFT, LOST, RESULTS, SENT, SILENT, WALL, Column
from benchmarks.peers.results import OURS, Result, Run

ALONE = "boto3"
"""What the others are made of: no library of its own."""

TEXT = """# dropvec beside other libraries

Written by `make bench`, out of `docs/benchmarks.json`. One endpoint of the machine that everything runs
on, 30 ms before each answer of S3 Vectors; every library in a process of its own, used as its
documentation says and in the largest requests that it can make, with as many attempts as dropvec has. The
libraries take turns, and each run begins with another (until 2026-11-26 with dropvec): figures are
medians of the runs, with the lowest and the highest in brackets, and ratios are medians of pairs. What
was lost or left is of all runs together. Cases of 100,000 records run only where they are named.

Embeddings are random float32 vectors, given to all as lists of floats: as doubles of 17 digits, which
NumPy's `tolist` makes of float32, and where a title says so in the 8 or 9 digits that a model's API
prints, which is what dropvec's functions get. NumPy is in every process here, and dropvec has it print
the 17 digits; without it, as in Lambda, dropvec rounds them itself. CPU and memory are the library's
process alone, and memory is what it grew by; at its start, all that it has. What dynavec writes to
DynamoDB is left out, but in the table of a document indexed again.

{machines}

![CPU to put 1,000 records, in many digits and in few]({chart})

"""

NOTES = {
    Kind.SMALL_PUTS: "Which requests fail is chance, and they fail before S3 Vectors does anything. A "
    "record is told as failed where the call for it raised an error: its caller can try again, as dropvec's "
    "indexing function does. What is missing without a word nobody puts again.",
    Kind.UPDATE: "An index of 1,000 chunks in 50 documents. dropvec's indexing function reads the document "
    "from S3 and keeps a catalog in DynamoDB, and both are counted; so is dynavec's table. What the others "
    "need to know of earlier versions is in memory here, and not counted. graphrag-lexical-graph marks the "
    "former version as ended and keeps it, for questions about the past; they can be left out by a filter.",
    Kind.START: "From the first import until the index is made, at an endpoint that answers at once; files "
    "are in the page cache, and compiled. Five starts a run.",
}


def page(results: Mapping[str, Result], chart: str) -> str:
    """Return the page, of the cases that have results."""
    machines = list(dict.fromkeys(results[c.name].machine for c in CASES if c.name in results))
    numbered = "\n".join(f"{n}. {machine}" for n, machine in enumerate(machines, 1))
    return TEXT.format(machines=numbered, chart=chart) + "\n".join(
        section(case, results[case.name], 1 + machines.index(results[case.name].machine))
        for case in CASES
        if case.name in results
    )


def section(case: Case, result: Result, machine: int) -> str:
    """Return what is told of one case."""
    measured = max(map(len, result.runs.values()))
    count, spread = measured // case.repeated, ": no spread is known" if measured == 1 else ""
    parts = [
        f"## {case.title}\n\n{_table(case.kind, result)}",
        f"{count} {'run' if count == 1 else 'runs'} on {result.date}, machine {machine}{spread}.",
        NOTES.get(case.kind, ""),
        _ratios(case.kind, result),
        _ahead(case.kind, result),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(kind: Kind, result: Result) -> str:
    columns, is_update = COLUMNS[kind], kind is Kind.UPDATE
    headings = ["", *(column.heading for column in columns), *(["which"] if is_update else [])]
    lines = [_row(headings), _row(["---"] * len(headings))]
    for library, runs in result.runs.items():
        failed = next((run for run in runs if run.error), None)
        if failed:
            why = f"failed: {failed.error.replace('|', '/')}"
            lines.append(_row([library, why, *[""] * (len(headings) - 2)]))
            continue
        cells = [column.shown(runs) for column in columns]
        which = [", ".join(f"{n} {name}" for name, n in sorted(runs[0].requests.items()))]
        lines.append(_row([library, *cells, *(which if is_update else [])]))
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def comparable(kind: Kind, result: Result) -> dict[str, Sequence[Run]]:
    """Return the others that bring as much as dropvec, and leave and lose no more."""
    done = result.done()
    ours = done.get(OURS)
    if not ours:
        return {}
    shown = COLUMNS[kind]
    return {
        library: runs
        for library, runs in done.items()
        if library not in {OURS, WITHOUT_NUMPY}
        and (RESULTS not in shown or RESULTS.value(runs) >= RESULTS.value(ours))
        and all(
            column.value(runs) <= column.value(ours)
            for column in (LOST, SILENT, LEFT)
            if column in shown
        )
    }


def _ratios(kind: Kind, result: Result) -> str:
    others = comparable(kind, result)
    if not others or SENT not in COLUMNS[kind]:
        return ""
    ours = result.runs[OURS]
    best = min(others, key=lambda name: CPU.value(others[name]))
    cpu = 1 / _ratio(CPU, ours, others[best])
    told = (
        f"The one with the least CPU of the others is {best}: {cpu:.1f} times dropvec's; dropvec sends "
        f"{_ratio(SENT, ours, others[best]):.2f} of its bytes."
    )
    if ALONE in others:
        told += f" Beside bare boto3, dropvec takes {_ratio(WALL, ours, others[ALONE]):.2f} of the time."
    return told


def _ratio(column: Column, ours: Sequence[Run], theirs: Sequence[Run]) -> float:
    """The median of dropvec's figure to another's, run by run."""
    pairs = zip(ours, theirs, strict=True)
    return statistics.median(a.figure(column.figure) / b.figure(column.figure) for a, b in pairs)


def _ahead(kind: Kind, result: Result) -> str:
    """Who is better than dropvec, and in what; and who is not compared."""
    others, done = comparable(kind, result), result.done()
    if OURS not in done:
        return ""
    won = []
    for column in COLUMNS[kind]:
        if column.is_sum or column is RESULTS or not others:
            continue
        best = min(others, key=lambda name: column.value(others[name]))
        if column.value(others[best]) < column.value(done[OURS]):
            figures = f"{column.shown(others[best])}, dropvec {column.shown(done[OURS])}"
            won.append(f"{column.heading}: {best} ({figures})")
    told = (
        f"Ahead of dropvec in {'; '.join(won)}." if won else "None is ahead of dropvec in a column."
    )
    left_out = [name for name in done if name not in {OURS, WITHOUT_NUMPY, *others}]
    if left_out:
        told += f" Not compared, for they bring less, or lose or leave something: {', '.join(left_out)}."
    return told

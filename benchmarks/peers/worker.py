"""One library in a process of its own: made ready, told to start by a line of input, and measured.

What the library prints goes to standard error; standard output has "ready" and one line of JSON.
"""

import json
import os
import sys
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

from benchmarks.peers.cases import Case, Digits, Kind
from benchmarks.peers.changed_document import CHANGED, documents, new_version
from benchmarks.peers.libraries import CLIENTS, DOCUMENTS, Record
from benchmarks.peers.meter import Meter, peak_bytes
from benchmarks.peers.model import Model

BLOCK = 5_000
"""Records that are held at once."""

QUERIES = 50
WARM_UP = 5
TEXT = "Drop a document into a bucket and ask for it by meaning or by words. " * 7


@dataclass(frozen=True, slots=True)
class Task:
    """One library's part in a case, and what measures it."""

    library: str
    case: Case
    meter: Meter

    def records(self, start: int, count: int) -> list[Record]:
        """Return records of random float32 vectors."""
        embeddings = random_embeddings(start, count, self.case.dimensions, self.case.digits)
        return [
            Record(f"{n:032x}", f"{n} {TEXT}", embedding)
            for n, embedding in enumerate(embeddings, start)
        ]


def random_embeddings(seed: int, count: int, dimensions: int, digits: Digits) -> list[list[float]]:
    """Return vectors of about the length 1, whose numbers are float32 in so many digits."""
    # Neither is needed to start a library, which is measured too.
    import numpy as np
    import orjson

    numbers = np.random.default_rng(seed).standard_normal((count, dimensions), np.float32)
    numbers *= np.float32(dimensions**-0.5)
    if digits == Digits.DOUBLE:  # it may come as JSON has it
        return numbers.tolist()
    answer: list[list[float]] = orjson.loads(
        orjson.dumps(numbers, option=orjson.OPT_SERIALIZE_NUMPY)
    )
    return answer


def put(task: Task) -> dict[str, Any]:
    """Put all records, in blocks that are made outside of what is measured."""
    client = CLIENTS[task.library](task.case.dimensions)
    for start in range(0, task.case.count, BLOCK):
        block = task.records(start, min(BLOCK, task.case.count - start))
        with task.meter.measured():
            client.put(block)
        del block
    return {}


def small_puts(task: Task) -> dict[str, Any]:
    """Put ten records a call; one that fails is not repeated. Tells what was refused."""
    client = CLIENTS[task.library](task.case.dimensions)
    block = task.records(0, task.case.count)
    refused: list[str] = []
    with task.meter.measured():
        for start in range(0, task.case.count, 10):
            ten = block[start : start + 10]
            try:
                client.put(ten)
            except Exception:  # noqa: BLE001 - whatever the library raises
                refused += [record.key for record in ten]
    return {"refused": refused}


def query(task: Task) -> dict[str, Any]:
    """Ask for ten matches, many times; tells how many matches came."""
    client = CLIENTS[task.library](task.case.dimensions)
    client.put(task.records(0, task.case.count))
    asked = [r.embedding for r in task.records(task.case.count, QUERIES + WARM_UP)]
    for embedding in asked[:WARM_UP]:
        client.query(embedding, 10)
    with task.meter.measured():
        result = sum(client.query(embedding, 10) for embedding in asked[WARM_UP:])
    return {"result": result}


def many_matches(task: Task) -> dict[str, Any]:
    """Ask once for a thousand matches."""
    client = CLIENTS[task.library](task.case.dimensions)
    client.put(task.records(0, task.case.count))
    (asked,) = task.records(task.case.count, 1)
    with task.meter.measured():
        result = client.query(asked.embedding, 1_000)
    return {"result": result}


def start(task: Task) -> dict[str, Any]:
    """Import the library, and make its client and index; the peak is the whole process's."""
    with task.meter.measured():
        CLIENTS[task.library](task.case.dimensions)
        peak = peak_bytes()
    return {"peak": peak}


def update(task: Task) -> dict[str, Any]:
    """Index documents, and one of them again; tells how many texts were embedded for it."""
    model = Model(task.case.dimensions)
    library = DOCUMENTS[task.library](model)
    for name, chunks in documents(task.case.count).items():
        library.receive(name, chunks)
        library.index(name, chunks)
    before = model.embedded
    library.receive(CHANGED, new_version())
    with task.meter.measured():
        library.index(CHANGED, new_version())
    return {"embedded": model.embedded - before}


PARTS = {
    Kind.PUT: put,
    Kind.SMALL_PUTS: small_puts,
    Kind.QUERY: query,
    Kind.MANY_MATCHES: many_matches,
    Kind.START: start,
    Kind.UPDATE: update,
}


def main() -> None:
    """Do the library's part in the case that the arguments tell of."""
    library, case = sys.argv[1], Case(**json.loads(sys.argv[2]))
    with os.fdopen(os.dup(sys.stdout.fileno()), "w") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

        def wait() -> None:
            print("ready", file=answers, flush=True)
            sys.stdin.readline()

        meter = Meter(wait)
        try:
            told = PARTS[case.kind](Task(library, case, meter))
        except Exception as error:  # noqa: BLE001 - whatever the library raises
            answer = {"error": f"{type(error).__name__}: {shorten(str(error), 120)}"}
        else:
            answer = {"wall": meter.wall, "cpu": meter.cpu, "peak": meter.peak, **told}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()

"""One library in a process of its own: made ready, told to start by a line of input, and measured."""

import json
import random
import sys
import time
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.peers.clients import CLIENTS, Client, Record

BLOCK = 10_000
"""Records that are held at once."""

QUERIES = 50
TEXT = "Drop a document into a bucket and ask for it by meaning or by words. " * 7


def records(start: int, count: int, dimensions: int) -> list[Record]:
    """Return records of random float32 vectors."""
    numbers = random.Random(start)  # noqa: S311
    return [
        Record(f"{n:032x}", f"{n} {TEXT}", _embedding(numbers, dimensions))
        for n in range(start, start + count)
    ]


def _embedding(numbers: random.Random, dimensions: int) -> list[float]:
    scale = dimensions**-0.5
    return array("f", [numbers.gauss(0, scale) for _ in range(dimensions)]).tolist()


def put(client: Client, dimensions: int, count: int) -> Iterator[Any]:
    """Put so many records, in blocks that are made outside of what is measured."""
    for start in range(0, count, BLOCK):
        block = records(start, min(BLOCK, count - start), dimensions)
        yield None
        client.put(block)
        yield len(block)


def put_in_small_calls(client: Client, dimensions: int, count: int) -> Iterator[Any]:
    """Put ten records a call; one that fails is not repeated. Returns how many records were taken."""
    block = records(0, count, dimensions)
    yield None
    refused = 0
    for start in range(0, count, 10):
        try:
            client.put(block[start : start + 10])
        except Exception:  # noqa: BLE001 - whatever the library raises
            refused += 10
    yield count - refused


def query(client: Client, dimensions: int, count: int) -> Iterator[Any]:
    """Ask for ten matches, many times; returns how many matches came."""
    client.put(records(0, count, dimensions))
    asked = [r.embedding for r in records(count, QUERIES + 5, dimensions)]
    for embedding in asked[:5]:
        client.query(embedding, 10)
    yield None
    yield sum(client.query(embedding, 10) for embedding in asked[5:])


def query_many(client: Client, dimensions: int, count: int) -> Iterator[Any]:
    """Ask once for a thousand matches."""
    client.put(records(0, count, dimensions))
    (asked,) = records(count, 1, dimensions)
    yield None
    yield client.query(asked.embedding, 1_000)


CASES = {"put": put, "small calls": put_in_small_calls, "query": query, "query many": query_many}


def main() -> None:
    """Run the case that the arguments name; one line of JSON says what it took."""
    name, case, dimensions, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    wall, cpu, before = time.perf_counter(), time.process_time(), 0
    client = CLIENTS[name](dimensions)
    made = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    result: Any = 0
    taken = {"wall": 0.0, "cpu": 0.0}
    steps = CASES[case](client, dimensions, count)
    is_ready = False
    for _ in steps:
        if not is_ready:
            print("ready", flush=True)  # noqa: T201 - to the process that started this one
            sys.stdin.readline()
            _peak()
            is_ready, before = True, _peak()
        wall, cpu = time.perf_counter(), time.process_time()
        result += next(steps)
        taken["wall"] += time.perf_counter() - wall
        taken["cpu"] += time.process_time() - cpu
    answer = {"made": made, **taken, "peak": _peak() - before, "result": result}
    print(json.dumps(answer), flush=True)  # noqa: T201


def _peak() -> int:
    """Return the most bytes that were resident since the last call of this function.

    Not ru_maxrss, which a process takes over from the one that started it.
    """
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    Path("/proc/self/clear_refs").write_text("5")
    return int(status["VmHWM"].split()[0]) * 1024


if __name__ == "__main__":
    main()

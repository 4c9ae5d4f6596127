"""What it takes to print an embedding, by each of the ways that there are: CPU and bytes.

    python -m benchmarks.number_formats [--dimensions 1024] [--rounds 1000]

All print the same vectors, in turns: as the doubles of 17 digits that NumPy's `tolist` makes of float32,
and in the few digits that a model's API prints. NumPy takes part where it is installed; in the functions
it is not, and `float32_json` does without it. Raises an error unless each reads as the same float32 numbers.
"""

import argparse
import json
import random
import statistics
import sys
import time
from array import array
from collections.abc import Callable, Sequence
from importlib.util import find_spec

import orjson
from botocore.serialize import create_serializer
from botocore.session import Session

from benchmarks.hidden_numpy import hidden_numpy
from vector_store.float32_json import float32_json

Print = Callable[[list[float]], bytes]


def main() -> None:
    """Print a row for each way, of medians."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--dimensions", type=int, default=1_024)
    arguments.add_argument("--rounds", type=int, default=1_000)
    chosen = arguments.parse_args()
    gauss, scale = random.Random(1).gauss, chosen.dimensions**-0.5  # noqa: S311
    numbers = array("f", [gauss(0, scale) for _ in range(chosen.dimensions)]).tolist()
    vectors = {"17 digits": numbers, "few digits": [round(number, 9) for number in numbers]}
    ways = _ways()
    measured = [_measured(ways, vector, chosen.rounds) for vector in vectors.values()]
    _say(["", *(f"{digits}, {unit}" for digits in vectors for unit in ("µs of CPU", "bytes"))])
    _say(["---"] * (1 + 2 * len(vectors)))
    for name in ways:
        cells = (cell for of in measured for cell in (f"{of[name][0]:,.0f}", f"{of[name][1]:,}"))
        _say([name, *cells])


def _ways() -> dict[str, Print]:
    ways: dict[str, Print] = {
        "botocore's serializer": _by_botocore(),
        "`json.dumps`": lambda numbers: json.dumps(numbers).encode(),
        "orjson": orjson.dumps,
        "`%.9g`": lambda numbers: b"[%b]" % (b",%.9g" * len(numbers) % tuple(numbers))[1:],
        "`float32_json`": _without_numpy,
    }
    if find_spec("numpy"):
        ways["NumPy float32 and orjson"] = _by_numpy()
        ways["`float32_json`, beside NumPy"] = float32_json
    return ways


def _by_botocore() -> Print:
    service = Session().get_service_model("s3vectors")
    serializer = create_serializer(service.resolved_protocol, include_validation=True)
    operation = service.operation_model("QueryVectors")

    def written(numbers: list[float]) -> bytes:
        request = {"queryVector": {"float32": numbers}, "topK": 1}
        body: bytes = serializer.serialize_to_request(request, operation)["body"]
        return body

    return written


def _without_numpy(numbers: list[float]) -> bytes:
    """As where nobody has imported NumPy: `float32_json` uses it where somebody has."""
    with hidden_numpy():
        return float32_json(numbers)


def _by_numpy() -> Print:
    import numpy as np  # noqa: PLC0415 - where it is installed

    option = orjson.OPT_SERIALIZE_NUMPY
    return lambda numbers: orjson.dumps(np.array(numbers, np.float32), option=option)


def _measured(
    ways: dict[str, Print], numbers: list[float], rounds: int
) -> dict[str, tuple[float, int]]:
    """The median microseconds of each way, and its bytes."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, written in ways.items():
            started = time.process_time_ns()
            written(numbers)
            taken[name].append((time.process_time_ns() - started) / 1e3)
    sizes = {name: _checked_size(name, written(numbers), numbers) for name, written in ways.items()}
    return {name: (statistics.median(taken[name]), sizes[name]) for name in ways}


def _checked_size(name: str, written: bytes, numbers: list[float]) -> int:
    """Return the bytes of the array alone, as there is more around it in a request."""
    alone = written[written.index(b"[") : written.index(b"]") + 1]
    if array("f", json.loads(alone)) != array("f", numbers):
        raise RuntimeError(f"{name} prints other numbers")
    return len(alone)


def _say(cells: Sequence[str]) -> None:
    sys.stdout.write(f"| {' | '.join(cells)} |\n")


if __name__ == "__main__":
    main()

import gc
import sys
from dataclasses import replace
from subprocess import PIPE, Popen
from typing import Any
from unittest.mock import Mock

import pytest

from benchmarks.peers.cases import CASES
from benchmarks.peers.endpoint import Endpoint
from benchmarks.peers.meter import Meter
from benchmarks.peers.race import told_by

READY = "print('ready', flush=True); input();"


@pytest.mark.parametrize(
    ("program", "told"),
    [
        (READY + """ print('{"wall": 1.5}')""", {"wall": 1.5}),
        ("""print('{"error": "ImportError: x"}')""", {"error": "ImportError: x"}),
        ("raise SystemExit(3)", {"error": "ended with status 3"}),
        (READY + " import os; os.abort()", {"error": "ended with status -6"}),
        (READY + " input()", {"error": "does not end: 7 requests in 0 s"}),
    ],
)
def test_a_worker_tells_what_it_measured_and_is_told_of_where_it_cannot(
    program: str, told: dict[str, Any]
) -> None:
    endpoint = Mock(spec=Endpoint)
    endpoint.requests.return_value = [None] * 7
    limit = 0.1 if "7 requests" in str(told) else 60
    case = replace(CASES[0], limit_seconds=limit)
    python = [sys.executable, "-S", "-E", "-c", program]

    with Popen(python, stdin=PIPE, stdout=PIPE, text=True) as worker:
        assert told_by(worker, endpoint, case) == told


def test_a_meter_waits_once_and_sees_the_memory_that_was_held_for_a_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gc, "collect", lambda: 0)  # slow where so much is loaded
    waited: list[int] = []
    meter = Meter(lambda: waited.append(meter.peak))
    for size in (1_000_000, 40_000_000, 1_000_000):
        held = bytearray(60_000_000)
        del held
        with meter.measured():
            held = bytearray(b"x" * size)
            del held

    assert waited == [0]
    assert 35_000_000 < meter.peak < 100_000_000

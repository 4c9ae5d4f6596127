"""What parts of a process's work take: time, CPU, and memory."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Meter:
    """The sum of what was measured, and the most that memory grew by; the first part waits to be told."""

    def __init__(self, wait: Callable[[], None]) -> None:
        self._wait = wait
        self._is_waiting = True
        self.wall = 0.0
        self.cpu = 0.0
        self.peak = 0

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Measure what is done within."""
        gc.collect()
        if self._is_waiting:
            self._is_waiting = False
            self._wait()
        before = resident_from_now()
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall += time.perf_counter() - wall
        self.cpu += time.process_time() - cpu
        self.peak = max(self.peak, peak_bytes() - before)


def resident_from_now() -> int:
    """Return the bytes that are resident, and forget what was before."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak_bytes()


def peak_bytes() -> int:
    """Return the most bytes that were resident since then.

    Not ru_maxrss, which a process takes over from the one that started it.
    """
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) * 1024

"""The rate at which one process writes to an index: its part of what the service lets an index take."""

import threading
import time
from collections.abc import Callable

MAX_REQUESTS_PER_SECOND = 1_000
MAX_VECTORS_PER_SECOND = 2_500
"""PutVectors and DeleteVectors of one index together (S3 Vectors User Guide, limitations)."""

_USED = 0.95
"""Of the rates: requests do not take equally long to arrive."""


class WriteRate:
    """Token buckets for requests and vectors, each of one second's worth; safe for threads.

    A request of more vectors than that goes when the bucket is full, and the next one waits for it:
    one request is never held back for its size alone.
    """

    def __init__(
        self,
        *,
        writers: int = 1,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take one part of the rates, of as many equal parts as there are `writers`."""
        self._requests = _Bucket(_USED * MAX_REQUESTS_PER_SECOND / writers, clock())
        self._vectors = _Bucket(_USED * MAX_VECTORS_PER_SECOND / writers, clock())
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()

    def wait(self, vectors: int) -> None:
        """Return when a request of so many vectors may be sent, which counts as sent."""
        with self._lock:
            now = self._clock()
            seconds = max(self._requests.take(1, now), self._vectors.take(vectors, now))
        if seconds > 0:
            self._sleep(seconds)


class _Bucket:
    def __init__(self, per_second: float, now: float) -> None:
        self._per_second = per_second
        self._level = per_second
        self._filled_at = now

    def take(self, count: int, now: float) -> float:
        """Take tokens, or owe them; returns the seconds until they may be used."""
        filled = self._level + (now - self._filled_at) * self._per_second
        level, self._filled_at = min(filled, self._per_second), now
        self._level = level - count
        return (min(count, self._per_second) - level) / self._per_second

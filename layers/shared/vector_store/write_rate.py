"""The rate at which one process writes to an index: its part of what the service lets an index take."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MAX_REQUESTS_PER_SECOND = 1_000
MAX_VECTORS_PER_SECOND = 2_500
"""PutVectors and DeleteVectors of one index together (S3 Vectors User Guide, limitations)."""

PERIOD_SECONDS = 1
"""What the rates are of, and the longest that a request waits for them, however many writers there are."""


class WriteRate:
    """One writer's equal part of the rates, exceeded in no second; for one request at a time.

    A request counts from when it is sent until a second after its answer, so that it does not matter
    when in between the service counts it: all writers together stay within the rates in every
    second, whenever each of them sends. Attempts that the client repeats are one request here.
    """

    def __init__(
        self,
        *,
        writers: int = 1,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take the part of one of so many writers; ValueError unless there is a request for each."""
        if not 1 <= writers <= MAX_REQUESTS_PER_SECOND:
            raise ValueError(
                f"{writers} writers cannot share an index's {MAX_REQUESTS_PER_SECOND:,} requests a "
                f"second: expected 1 to {MAX_REQUESTS_PER_SECOND:,}"
            )
        self.max_vectors = MAX_VECTORS_PER_SECOND // writers
        """The most of one request."""
        self._max_requests = MAX_REQUESTS_PER_SECOND // writers
        self._answered: deque[tuple[float, int]] = deque()
        self._vectors = 0
        self._clock = clock
        self._sleep = sleep

    @contextmanager
    def room_for(self, vectors: int) -> Iterator[None]:
        """Enter when a request of so many vectors (at most `max_vectors`) may go, and leave at its answer."""
        assert vectors <= self.max_vectors  # noqa: S101 - or there would never be room
        seconds = self._make_room(vectors)
        if seconds > 0:
            self._sleep(seconds)
        try:
            yield
        finally:
            self._answered.append((self._clock(), vectors))
            self._vectors += vectors

    def _make_room(self, vectors: int) -> float:
        """Forget the oldest requests until one more fits; returns the seconds until they count no more."""
        now = free_at = self._clock()
        while (
            self._vectors + vectors > self.max_vectors or len(self._answered) >= self._max_requests
        ):
            answered_at, count = self._answered.popleft()
            self._vectors -= count
            free_at = answered_at + PERIOD_SECONDS
        return free_at - now

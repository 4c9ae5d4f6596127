"""Asking for documents: requests on their way into the indexing queue."""

from indexing_queue import ReconcileQueue, ReconcileRequest
from indexing_queue.requests import MAX_BATCH_MESSAGES
from syncing.pace import Pace


class PacedRequests:
    """Sends requests ten at a time, at a bounded rate; in a dry run it only counts them."""

    def __init__(self, queue: ReconcileQueue, pace: Pace, *, dry_run: bool) -> None:
        self._queue = queue
        self._pace = pace
        self._dry_run = dry_run
        self._waiting: list[ReconcileRequest] = []
        self.count = 0

    def add(self, request: ReconcileRequest) -> None:
        """Send the request, with some others; the last ones wait for `flush`."""
        self.count += 1
        if self._dry_run:
            return
        self._waiting.append(request)
        if len(self._waiting) == MAX_BATCH_MESSAGES:
            self.flush()

    def flush(self) -> None:
        """Send what waits; raises QueueUnavailableError."""
        if self._waiting:
            self._pace.wait(len(self._waiting))
            self._queue.send(self._waiting)
            self._waiting = []

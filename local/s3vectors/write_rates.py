"""The write quotas of an index: 1,000 requests and 2,500 vectors a second, whichever is first.

AWS documents the rates and tolerates bursts; live probes saw 6,000 vectors a second pass for a
while. Here a second's worth may come at once, and no more.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from local.s3vectors.errors import TooManyRequestsError

if TYPE_CHECKING:
    from collections.abc import Callable

REQUESTS_PER_SECOND = 1_000
VECTORS_PER_SECOND = 2_500


class WriteRates:
    """Token buckets of every index, by ARN; safe for threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float, float]] = {}  # time, requests, vectors left

    def admit(self, operation: str, index_arn: str, request: dict[str, Any]) -> None:
        """Nothing, or a TooManyRequestsError for a PutVectors or DeleteVectors that is too much."""
        counted = {"PutVectors": "vectors", "DeleteVectors": "keys"}.get(operation)
        if counted is None:
            return
        vectors = len(request[counted])
        with self._lock:
            now = self._clock()
            then, requests_left, vectors_left = self._buckets.get(index_arn, (now, 1e9, 1e9))
            elapsed = now - then
            requests_left = min(requests_left + elapsed * REQUESTS_PER_SECOND, REQUESTS_PER_SECOND)
            vectors_left = min(vectors_left + elapsed * VECTORS_PER_SECOND, VECTORS_PER_SECOND)
            admitted = requests_left >= 1 and vectors_left >= vectors
            if admitted:
                requests_left -= 1
                vectors_left -= vectors
            self._buckets[index_arn] = (now, requests_left, vectors_left)
        if not admitted:
            raise TooManyRequestsError("The write rate of the index is exceeded")

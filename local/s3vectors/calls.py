"""A record of the calls that the service got, for tests to look at."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

# The oldest are forgotten, so that a server can stay up.
MAX_CALLS = 10_000


@dataclass(frozen=True, slots=True)
class Call:
    """One call: what was asked, of what, by whom, and how it ended.

    ``resource`` is the ARN that the call is authorized on, ``principal`` an ARN or an access key
    id, ``request_bytes`` the size of the body if it came over the wire, ``error`` a code.
    """

    operation: str
    resource: str
    principal: str | None
    request_bytes: int | None
    error: str | None


class CallLog:
    """The latest calls; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[Call] = deque(maxlen=MAX_CALLS)

    def add(self, call: Call) -> None:
        """Remember a call."""
        with self._lock:
            self._calls.append(call)

    def clear(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._calls.clear()

    def of(self, operation: str | None = None) -> list[Call]:
        """The calls of one operation, or all, the latest last."""
        with self._lock:
            return [call for call in self._calls if operation in (None, call.operation)]

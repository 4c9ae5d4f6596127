"""How long a call by botocore, with all its attempts, takes at most (retry mode `standard`)."""

from typing import Final

_MAX_WAIT: Final = 20
"""Botocore's cap on a wait between attempts, in seconds."""

_MAX_RETRY_AFTER: Final = 5
"""What botocore adds to a wait at most, in seconds, when the service asks for it."""


def longest_call_seconds(*, attempts: int, connect_timeout: float, read_timeout: float) -> float:
    """Return how long it is when every attempt times out, and every wait is the longest."""
    waits = sum(min(1 << retry, _MAX_WAIT) + _MAX_RETRY_AFTER for retry in range(attempts - 1))
    return attempts * (connect_timeout + read_timeout) + waits

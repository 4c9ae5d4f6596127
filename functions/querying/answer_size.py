"""How much an answer may hold: Lambda's response has a limit, and a page ends before it."""

from collections.abc import Iterable
from typing import Any, TypeVar

from querying.gateway import json_text

MAX_ANSWER_BYTES = 5_000_000
"""Of all matches as the function's response carries them; Lambda takes 6 MiB in all."""

_QUOTES = 2
"""Bytes that each item has on its own, and not in a list."""

T = TypeVar("T")


def fitting(items: Iterable[T], *, room: int = MAX_ANSWER_BYTES) -> list[T]:
    """Return the first items, as many as fit into an answer; one at least."""
    wanted, kept, taken = list(items), list[T](), 0
    if size(wanted) + _QUOTES * len(wanted) <= room:
        return wanted  # as nearly always: all are weighed at once
    for item in wanted:
        taken += size(item)
        if kept and taken > room:
            break
        kept.append(item)
    return kept


def size(item: Any) -> int:
    """Return the bytes of a part of the answer, a JSON text inside the response's JSON text."""
    return len(json_text(json_text(item)).encode()) + 1  # and the comma after it

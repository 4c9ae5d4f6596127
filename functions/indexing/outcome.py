"""What came of looking at a document."""

from enum import StrEnum

from msgspec import Struct


class Outcome(StrEnum):
    """Whether anything had to be done, and how it ended."""

    INDEXED = "indexed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    SKIPPED = "skipped"
    """There is no such document, and there was none."""
    FAILED = "failed"
    LEFT = "left"
    """Another worker is at the document, and will look again before it ends."""
    CONTINUED = "continued"
    """Out of time, left by a throttled model, or written faster than it is indexed: a message asks for the
    rest, and the reason says which."""
    PUT_BACK = "put back"
    """Not begun, for want of time: a new message asks for it."""


class Report(Struct, frozen=True):
    """What came of looking at a document, for the log."""

    key: str
    outcome: Outcome
    index: str = ""
    chunks: int = 0
    """Those of the document now."""
    put: int = 0
    """Those that were looked at or written."""
    deleted: int = 0
    reason: str = ""
    version: str = ""
    """Of the object that was looked at; none of a document that is gone, or another worker's."""

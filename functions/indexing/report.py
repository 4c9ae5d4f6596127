"""What came of looking at a document."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """Whether anything had to be done, and how it ended."""

    INDEXED = "indexed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Report:
    """What came of looking at a document, for the log."""

    key: str
    outcome: Outcome
    index: str = ""
    chunks: int = 0
    reason: str = ""

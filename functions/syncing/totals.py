"""What the catalog holds in all, counted along a run: each step goes on where the one before ended."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import asdict

from catalog import DocumentEntry, DocumentState
from catalog.index_identity import NO_INDEX


class Totals(Struct):
    """Counts of one run so far.

    The entries of a named tenant follow one another, those of the default tenant lie between: so that two
    counts of vectors are enough to find the largest of any number of indexes.
    """

    default_index: str
    documents: int = 0
    failed: int = 0
    indexes: int = 0
    """That were counted to their end."""
    vectors: int = 0
    largest: int = 0
    """Vectors of the largest index that was counted to its end."""
    of_default: int = 0
    index: str = ""
    """The named tenant's that is being counted."""
    of_index: int = 0
    sizes: dict[str, int] = field(default_factory=dict)
    """Vectors of each index that this step counted to its end."""

    @classmethod
    def of_event(cls, event: Mapping[str, Any], default_index: str) -> "Totals":
        """Return what the step before handed on; nothing yet for the first step."""
        return cls(default_index, **event.get("totals", {}))

    def for_event(self) -> dict[str, Any]:
        """Return what the next step goes on with."""
        counts = asdict(self)
        return {name: counts[name] for name in counts if name not in {"default_index", "sizes"}}

    def add(self, entry: DocumentEntry) -> None:
        """Count a document; one that only waits to be forgotten is none."""
        if entry.state is DocumentState.REMOVED:
            return
        self.documents += 1
        self.failed += entry.state is DocumentState.FAILED
        self.vectors += entry.chunk_count
        if entry.index == self.default_index:
            self.of_default += entry.chunk_count
        elif entry.index != NO_INDEX:
            if entry.index != self.index:
                self._end(self.index, self.of_index)
                self.index, self.of_index = entry.index, 0
            self.of_index += entry.chunk_count

    def end(self) -> None:
        """Take it that all was counted."""
        self._end(self.index, self.of_index)
        self._end(self.default_index, self.of_default)
        self.of_index = self.of_default = 0

    def _end(self, index: str, vectors: int) -> None:
        if vectors:
            self.sizes[index] = vectors
            self.indexes += 1
            self.largest = max(self.largest, vectors)

"""A worker's hold on a document."""

from dataclasses import replace
from typing import Any, Protocol, Self

from catalog.entry import DocumentEntry, KeyList
from catalog.errors import CatalogConflictError

MAX_REASON_CHARACTERS = 1_000


class _Entries(Protocol):
    def write(self, entry: DocumentEntry) -> DocumentEntry: ...

    def remove(self, entry: DocumentEntry) -> None: ...

    def forget_keys(self, entry: DocumentEntry, lists: set[KeyList]) -> None: ...


class Claim:
    """A document's entry while one worker holds it; ended by `settle`, `remove` or an error.

    A context manager: an error that leaves the block is noted in the entry, and the document is free
    for the next attempt. Every write raises CatalogConflictError when the lease had lapsed and
    another worker took the document over.
    """

    def __init__(self, catalog: _Entries, entry: DocumentEntry) -> None:
        self._catalog = catalog
        self._ended = False
        self._lists = {entry.indexed, entry.intended}
        self.entry = entry

    def write(self, **changes: Any) -> None:
        """Store the entry with changes of its fields; the document stays held."""
        self.entry = self._catalog.write(replace(self.entry, **changes))
        self._lists |= {self.entry.indexed, self.entry.intended}

    def settle(self, **changes: Any) -> DocumentEntry:
        """Return the entry as it was stored last; the document is free."""
        self.write(lease_until=0, **changes)
        self._ended = True
        in_force = {self.entry.indexed, self.entry.intended}
        self._catalog.forget_keys(self.entry, self._lists - in_force)
        return self.entry

    def remove(self) -> None:
        """Return with the document forgotten."""
        self._catalog.remove(self.entry)
        self._ended = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if error is None or self._ended:
            return
        try:
            self.write(lease_until=0, reason=str(error)[:MAX_REASON_CHARACTERS])
        except CatalogConflictError:
            # The lease had lapsed: the document is another worker's.
            return

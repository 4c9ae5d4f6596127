"""A worker's hold on a document."""

import logging
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from catalog.entries import Entries
from catalog.entry import KEY_LISTS, NO_KEYS, DocumentEntry, DocumentState, KeyList
from catalog.errors import CatalogConflictError, CatalogUnavailableError, LeaseTooShortError
from catalog.key_pages import KeyPages, VectorKeys

MAX_REASON_CHARACTERS = 1_000

DOUBT_SECONDS = 840
"""After so long, no request of a worker that died can have an effect any more: its process ended with
its lease, and none of its requests, with all their attempts, takes more than a few minutes."""


_logger = logging.getLogger(__name__)


def end_of_doubt(now: datetime) -> int:
    """Return when a check can clear the doubt of a request that was sent up to now, in seconds since 1970."""
    return int(now.timestamp()) + DOUBT_SECONDS


class Claim:
    """A document's entry while one worker holds it; ended by `settle`, `remove` or `release`.

    Every write raises CatalogConflictError when the lease had lapsed and another worker took the
    document over.
    """

    def __init__(
        self,
        entry: DocumentEntry,
        entries: Entries,
        pages: KeyPages,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._entries = entries
        self._pages = pages
        self._clock = clock
        self._lists = entry.key_lists
        """The lists that the entry has referred to since the claim, or will."""
        self.entry = entry

    @classmethod
    def take(
        cls,
        entry: DocumentEntry,
        entries: Entries,
        pages: KeyPages,
        *,
        clock: Callable[[], datetime],
        holder: str,
        lease_until: float,
        fingerprint: str,
        anew: bool,
    ) -> "Claim":
        """Return the claim; an entry whose holder let its lease lapse is doubtful from now on."""
        now = clock()
        changes: dict[str, Any] = {
            "state": DocumentState.INDEXING,
            "holder": f"{holder}/{uuid.uuid4().hex[:8]}",
            "lease_until": int(lease_until),
            "attempts": entry.attempts + 1,
            "lapses": _lapses(entry, fingerprint, anew=anew),
            "fingerprint": fingerprint,
            "created_at": entry.created_at or _text(now),
            "updated_at": _text(now),
        }
        if entry.lease_until:
            changes["check_after"] = end_of_doubt(now)
        return cls(entries.write(entry, changes), entries, pages, clock=clock)

    def require(self, seconds: float) -> None:
        """Raise LeaseTooShortError unless the document is held for so long still.

        To be called with the longest that a request can take, before it is sent.
        """
        left = self.entry.lease_until - self._clock().timestamp()
        if left < seconds:
            raise LeaseTooShortError(
                f"{self.entry.key} is held for {left:.0f} s still, and the next request may take "
                f"{seconds:.0f} s"
            )

    def read_lists(self) -> dict[str, VectorKeys]:
        """Return the vector keys of each of the entry's lists, by the list's name.

        While the document is held nobody else deletes a page of them: a list with a page missing is
        lost, and empty from now on. A check of what the index holds is due then, unless doubt has
        one due later already.
        """
        lists: dict[str, VectorKeys] = {}
        lost = []
        for name in KEY_LISTS:
            try:
                keys = getattr(self.entry, name)
                lists[name] = self._pages.read(self.entry.index, self.entry.key, keys)
            except CatalogConflictError:
                lists[name] = {}
                lost.append(name)
        if lost:
            changes: dict[str, Any] = dict.fromkeys(lost, NO_KEYS)
            if "indexed" in lost:
                changes["indexed_at"] = ""  # nobody knows what was
            due = self.entry.check_after or int(self._clock().timestamp())
            self.write(**changes, check_after=due)
            _logger.error(
                "%s of %s: its %s vector keys are lost; what the index holds besides of the document "
                "is found by `dropvec sync --orphans`",
                *(self.entry.key, self.entry.index, " and ".join(lost)),
            )
        return lists

    def store_keys(self, vector_keys: Mapping[str, str]) -> KeyList:
        """Return where the keys are stored: until `settle`, if no write refers to them by then."""
        stored = self._pages.write(self.entry.index, self.entry.key, vector_keys)
        self._lists.add(stored)
        return stored

    def write(self, **changes: Any) -> None:
        """Store the entry with changes of its fields; the document stays held."""
        self._write(changes)

    def settle(self, **changes: Any) -> None:
        """Store the entry with changes of its fields, and free the document.

        Raises DocumentWantedError when events came since the claim, or since `look_again`.
        """
        freed = {"lease_until": 0, "holder": "", "attempts": 0, "lapses": 0}
        self._write({**freed, **changes}, unless_wanted=True)
        self._forget_lists()

    def remove(self) -> None:
        """Return with the document forgotten; raises DocumentWantedError like `settle`."""
        if self.entry.key_lists:
            # Before the pages go, so that a worker that dies here leaves neither pages nor pointers.
            self._write(dict.fromkeys(KEY_LISTS, NO_KEYS))
        self._pages.delete_others(self.entry.index, self.entry.key, set())
        self._entries.remove(self.entry)

    def look_again(self, wanted: int) -> None:
        """Take note of the events so far: whoever calls this looks at the bucket afterwards."""
        self.entry = replace(self.entry, wanted=wanted)

    def release(self, reason: str, *, doubtful: bool) -> None:
        """Free the document for the next attempt; `doubtful` after a request of unknown outcome."""
        changes: dict[str, Any] = {}
        if doubtful:
            changes["check_after"] = end_of_doubt(self._clock())
        self._write(
            {"lease_until": 0, "holder": "", "reason": reason[:MAX_REASON_CHARACTERS], **changes}
        )
        self._forget_lists()

    def sweep(self) -> None:
        """Delete every page of vector keys that nobody will refer to, whoever wrote it.

        To be called before the document is free: the pages of the next holder are not known here.
        Those that cannot be deleted now are for the next sweep: the document is done without.
        """
        with suppress(CatalogUnavailableError):
            self._pages.delete_others(self.entry.index, self.entry.key, self._lists)

    def _write(self, changes: dict[str, Any], *, unless_wanted: bool = False) -> None:
        changes["updated_at"] = _text(self._clock())
        wanted = self.entry.wanted
        written = self._entries.write(self.entry, changes, unless_wanted=unless_wanted)
        # What was wanted meanwhile is for `settle` to notice.
        self.entry = replace(written, wanted=wanted)
        self._lists |= self.entry.key_lists

    def _forget_lists(self) -> None:
        with suppress(CatalogUnavailableError):
            for keys in self._lists - self.entry.key_lists - {NO_KEYS}:
                self._pages.delete(self.entry.index, self.entry.key, keys)


def _lapses(entry: DocumentEntry, fingerprint: str, *, anew: bool) -> int:
    """How many leases lapsed at that version, the entry's own included."""
    if entry.fingerprint != fingerprint:
        return 0
    if entry.lease_until:
        return entry.lapses + 1
    return 0 if anew else entry.lapses


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")

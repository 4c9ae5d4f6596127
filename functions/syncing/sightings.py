"""Bucket and catalog side by side: two sorted streams, merged."""

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from catalog import DocumentEntry
from documents_bucket import DocumentKey, document_key
from syncing.listing import ListedObject


class Sighting(Struct, frozen=True):
    """A document as bucket and catalog have it; at least one of them has it."""

    key: str
    object: ListedObject | None
    """None when the bucket has no such document, or an empty object in its place."""
    entry: DocumentEntry | None
    sidecar: ListedObject | None = None
    """Looked for only where both have the document."""


class Sightings:
    """Every document of either stream, once; both streams are in the order of their keys.

    A sidecar comes behind its document, but any number of keys may come between: `a`, `a-b`,
    `a.metadata.json`. All of them begin with the document's key, so that no more documents wait for
    their sidecar at any time than a key has characters. Where the iteration ends early, as it
    may at every key, `find` is asked for the sidecars that have not come yet.

    `covers` says which of the objects' documents are to be seen.
    """

    def __init__(
        self,
        objects: Iterable[ListedObject],
        entries: Iterable[DocumentEntry],
        *,
        covers: Callable[[DocumentKey], bool],
        find: Callable[[str], ListedObject | None],
        ends: Callable[[], bool],
    ) -> None:
        self._objects = objects
        self._entries = entries
        self._covers = covers
        self._find = find
        self._ends = ends
        self._waiting: dict[str, Sighting] = {}
        self.stopped_at: str | None = None
        """The last key of either stream, all before it included, when `ends` said so; else None."""

    def __iter__(self) -> Iterator[Sighting]:
        for key, found, entry in _merged(self._objects, self._entries):
            yield from self._without_sidecar(key)
            if found and (with_sidecar := self._waiting.pop(key, None)):
                yield replace(with_sidecar, sidecar=found)
            yield from self._seen(key, found, entry)
            if self._ends():
                self.stopped_at = key
                break
        for sidecar_key, sighting in self._waiting.items():
            sidecar = self._find(sidecar_key) if self.stopped_at is not None else None
            yield replace(sighting, sidecar=sidecar)

    def _seen(
        self, key: str, found: ListedObject | None, entry: DocumentEntry | None
    ) -> Iterator[Sighting]:
        document = document_key(key)
        is_document = document is not None and document.key == key and self._covers(document)
        if not (found and found.size and is_document):
            found = None
        if found is None and entry is None:
            return
        sighting = Sighting(key, found, entry)
        if document and document.sidecar_key and found and entry:
            self._waiting[document.sidecar_key] = sighting
        else:
            yield sighting

    def _without_sidecar(self, key: str) -> Iterator[Sighting]:
        """Those whose sidecar would have come before this key."""
        for sidecar_key in [waiting for waiting in self._waiting if waiting < key]:
            yield self._waiting.pop(sidecar_key)


def _merged(
    objects: Iterable[ListedObject], entries: Iterable[DocumentEntry]
) -> Iterator[tuple[str, ListedObject | None, DocumentEntry | None]]:
    """Each key of either stream once, with what each has of it."""
    left, right = iter(objects), iter(entries)
    found, entry = next(left, None), next(right, None)
    while found or entry:
        if found and (entry is None or found.key <= entry.key):
            same = entry if entry and entry.key == found.key else None
            yield found.key, found, same
            found = next(left, None)
            if same:
                entry = next(right, None)
        elif entry:
            yield entry.key, None, entry
            entry = next(right, None)

"""Catalog items that nobody refers to: pages of vector keys, and entries that lie out of place."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

from msgspec import Struct

from catalog import Catalog, CatalogConflictError, DocumentEntry, DocumentWantedError, KeyPage
from catalog.index_identity import NO_INDEX
from documents_bucket import document_key
from indexing_queue import ReconcileRequest
from syncing.catalog_stream import CatalogStream
from syncing.paced_requests import PacedRequests
from syncing.scope import Scope

ITEMS_AT_ONCE = 100

NO_VECTOR = "0" * 32
"""A suspect for documents that only their pages are left of: no chunk has this key."""


class ItemSummary(Struct):
    """What came of a sweep."""

    pages: int = 0
    """Of vector keys, that no entry refers to."""
    misplaced: int = 0
    """Entries of documents that had no index once, and have one now."""
    unlisted: int = 0
    """Entries of tenants that neither the bucket nor the registry of indexes lists any more."""


class OrphanItems:
    """Sweeps the catalog's table of one deployment.

    Pages are read before their document's entry. What may be in use by a worker is asked to be looked
    at, under the document's lease; an entry out of place, which is of no index, is removed.
    """

    def __init__(
        self,
        *,
        catalog: Catalog,
        entries: CatalogStream,
        bucket: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._catalog = catalog
        self._entries = entries
        self._bucket = bucket
        self._clock = clock

    def sweep(
        self,
        scope: Scope,
        requests: PacedRequests,
        *,
        dry_run: bool,
        ends: Callable[[], bool],
        seen: Callable[[str, str], None],
    ) -> ItemSummary:
        """Return when the whole table was read, or sooner when `ends` says so.

        `seen` is told what is wrong, and of which document's key.
        """
        summary = ItemSummary()
        listed = {NO_INDEX, *map(self._entries.index_of, self._entries.tenants())}
        for items in self._scanned(scope):
            if ends():
                break
            pages = [item for item in items if isinstance(item, KeyPage)]
            for entry in (item for item in items if isinstance(item, DocumentEntry)):
                if self._is_misplaced(entry):
                    summary.misplaced += 1
                    seen("misplaced entry", entry.key)
                    if not dry_run:
                        self._remove(entry, requests)
                elif entry.index not in listed:
                    summary.unlisted += 1
                    seen("unlisted entry", entry.key)
                    requests.add(ReconcileRequest(self._bucket, entry.key))
            for page, known in self._orphans(pages):
                summary.pages += 1
                seen("orphan page", page.key)
                # A check sweeps the pages of an entry; where there is none, a suspect makes one.
                suspects = () if known else (NO_VECTOR,)
                requests.add(
                    ReconcileRequest(self._bucket, page.key, check=True, suspects=suspects)
                )
        requests.flush()
        return summary

    def _scanned(self, scope: Scope) -> Iterator[list[DocumentEntry | KeyPage]]:
        """The items of this deployment's documents."""
        ours = (item for item in self._catalog.scan() if self._is_ours(item, scope))
        while items := list(islice(ours, ITEMS_AT_ONCE)):
            yield items

    def _is_ours(self, item: DocumentEntry | KeyPage, scope: Scope) -> bool:
        document = document_key(item.key)
        if document is None or not scope.covers(document):
            return False
        # An index of another prefix has its documents' keys too, and is another deployment's.
        return item.index in {NO_INDEX, self._entries.index(document)}

    def _is_misplaced(self, entry: DocumentEntry) -> bool:
        document = document_key(entry.key)
        return document is not None and entry.index != self._entries.index(document)

    def _remove(self, entry: DocumentEntry, requests: PacedRequests) -> None:
        """It holds no vectors: its index was none."""
        now = self._clock().timestamp()
        try:
            current = self._catalog.get(entry.index, entry.key)
            if current is None or current.lease_until > now:
                return
            claim = self._catalog.claim(current, holder="sweep", lease_until=now + 60)
            try:
                claim.remove()
            except DocumentWantedError as error:
                # A worker of an older version left an event to who holds the entry.
                claim.release(str(error), doubtful=False)
                requests.add(ReconcileRequest(self._bucket, entry.key))
        except CatalogConflictError:
            return  # a worker of an older version is at it

    def _orphans(self, pages: list[KeyPage]) -> Iterator[tuple[KeyPage, DocumentEntry | None]]:
        by_index: defaultdict[str, dict[str, list[KeyPage]]] = defaultdict(dict)
        for page in pages:
            by_index[page.index].setdefault(page.key, []).append(page)
        for index, documents in by_index.items():
            entries = self._catalog.entries.get_many(index, list(documents))
            for key, of_document in documents.items():
                entry = entries.get(key)
                if entry and entry.lease_until > self._clock().timestamp():
                    continue  # its worker may be about to refer to them
                used = {keys.generation for keys in entry.key_lists} if entry else set()
                orphan = next((page for page in of_document if page.generation not in used), None)
                if orphan:
                    yield orphan, entry

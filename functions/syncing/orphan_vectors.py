"""Vectors that an index holds and the catalog knows nothing of: found, and asked to be looked at."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct

from catalog import NO_KEYS, Catalog, CatalogConflictError, DocumentEntry, KeyList
from documents_bucket import document_key
from indexing_queue import ReconcileRequest
from indexing_queue.requests import MAX_SUSPECTS
from syncing.catalog_stream import CatalogStream
from syncing.paced_requests import PacedRequests
from syncing.scope import Scope
from vector_store import StoredVector, TenantId, VectorIndex, VectorStore
from vector_store.chunk_record import from_metadata
from vector_store.errors import VectorIndexNotFoundError

MAX_REMEMBERED_KEYS = 200_000
"""Vector keys of lists that were read: about 20 MB."""


class VectorSummary(Struct):
    """What came of a sweep."""

    vectors: int = 0
    """That were listed."""
    orphans: int = 0
    """Those that nobody accounts for, of documents of this bucket."""
    foreign: int = 0
    """Those that name no document of this bucket and index: another program's, and left alone."""


class OrphanVectors:
    """Sweeps the indexes of one deployment; it never deletes.

    A vector is listed first, and its document's entry read then. As it was intended in the entry
    before it was put, one that the entry does not know is an orphan, or was deleted in between. The
    reconcile that is asked for tells which, under the document's lease.

    A document of whose keys a page is lost is asked to be checked: its worker takes the list for empty
    then, and the next sweep finds what it does not account for.
    """

    def __init__(
        self,
        *,
        store: VectorStore[VectorIndex],
        catalog: Catalog,
        entries: CatalogStream,
        bucket: str,
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._entries = entries
        self._bucket = bucket
        self._lists = _KeyLists(catalog)

    def sweep(
        self,
        scope: Scope,
        requests: PacedRequests,
        *,
        ends: Callable[[], bool],
        seen: Callable[[int, dict[str, int]], None],
        tenants: Iterable[TenantId] | None = None,
    ) -> VectorSummary:
        """Return when every vector of the scope was looked up, or sooner when `ends` says so.

        Of the tenants that are given, else of those whose index is registered.
        `seen` is told of each page how many vectors it had, and how many orphans of each document.
        A request for each 1,000 vectors or megabyte of them; memory does not grow with their number.
        """
        summary = VectorSummary()
        for tenant_id, page in self._pages(scope, tenants):
            if ends():
                break
            summary.vectors += len(page)
            documents = self._by_document(page, tenant_id, summary)
            found = dict(self._suspects(tenant_id, documents, scope, requests))
            seen(len(page), {key: len(suspects) for key, suspects in found.items()})
            for key, suspects in found.items():
                summary.orphans += len(suspects)
                for start in range(0, len(suspects), MAX_SUSPECTS):
                    part = tuple(suspects[start : start + MAX_SUSPECTS])
                    requests.add(ReconcileRequest(self._bucket, key, suspects=part))
        requests.flush()
        return summary

    def _pages(
        self, scope: Scope, tenants: Iterable[TenantId] | None
    ) -> Iterator[tuple[TenantId, list[StoredVector]]]:
        if scope.tenant_id:
            tenants = {scope.tenant_id}
        for tenant_id in self._entries.registered() if tenants is None else tenants:
            try:
                for page in self._store.index("chunk", tenant_id=tenant_id).pages():
                    yield tenant_id, page
            except VectorIndexNotFoundError:
                continue

    def _by_document(
        self, page: Sequence[StoredVector], tenant_id: TenantId, summary: VectorSummary
    ) -> dict[str, list[str]]:
        """The vectors' keys by their document's."""
        documents: dict[str, list[str]] = {}
        for vector in page:
            record = from_metadata(vector.metadata)
            document = document_key(record.document_key)
            if (
                document
                and (document.key, document.tenant_id) == (record.document_key, tenant_id)
                and record.uri == f"s3://{self._bucket}/{document.key}"
            ):
                documents.setdefault(document.key, []).append(vector.key)
            else:
                summary.foreign += 1
        return documents

    def _suspects(
        self,
        tenant_id: TenantId,
        documents: dict[str, list[str]],
        scope: Scope,
        requests: PacedRequests,
    ) -> Iterator[tuple[str, list[str]]]:
        keys = [key for key in documents if scope.covers(document_key(key))]
        entries = self._catalog.entries.get_many(self._entries.index_of(tenant_id), keys)
        for key in keys:
            try:
                known = self._lists.of(entries.get(key))
            except CatalogConflictError:
                if self._has_lost_keys(entries[key]):
                    requests.add(ReconcileRequest(self._bucket, key, check=True))
                continue
            suspects = [vector for vector in documents[key] if vector not in known]
            if suspects:
                yield key, suspects

    def _has_lost_keys(self, entry: DocumentEntry) -> bool:
        """Whether none but a loss explains a page that is missing: a worker replaces pages, too."""
        return not entry.lease_until and self._catalog.get(entry.index, entry.key) == entry


class _KeyLists:
    """The vector keys that entries account for; a list never changes, so that some are remembered."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._remembered: OrderedDict[KeyList, frozenset[str]] = OrderedDict()
        self._count = 0

    def of(self, entry: DocumentEntry | None) -> frozenset[str]:
        """Return every key of the entry; CatalogConflictError when it was changed meanwhile."""
        lists = entry.key_lists - {NO_KEYS} if entry else set()
        return frozenset().union(*(self._read(entry, keys) for keys in lists if entry))

    def _read(self, entry: DocumentEntry, keys: KeyList) -> frozenset[str]:
        if keys in self._remembered:
            self._remembered.move_to_end(keys)
            return self._remembered[keys]
        read = frozenset(self._catalog.vector_keys(entry, keys))
        self._remembered[keys] = read
        self._count += len(read)
        while self._count > MAX_REMEMBERED_KEYS and len(self._remembered) > 1:
            self._count -= len(self._remembered.popitem(last=False)[1])
        return read

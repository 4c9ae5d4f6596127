"""The catalog's entries in the order of the bucket's keys, though they lie in a partition an index."""

import heapq
from collections.abc import Iterator
from operator import attrgetter, itemgetter

from catalog import Catalog, DocumentEntry
from catalog.index_identity import NO_INDEX, index_tenant, tenant_index
from documents_bucket import TENANTS_PREFIX, DocumentKey, document_key
from syncing.listing import BucketListing
from syncing.scope import Scope
from vector_store import ConnectionString, TenantId
from vector_store.errors import TenantIdError


class CatalogStream:
    """What a deployment's catalog knows of its documents."""

    def __init__(
        self, catalog: Catalog, connection: ConnectionString, listing: BucketListing
    ) -> None:
        self._catalog = catalog
        self._connection = connection
        self._listing = listing

    def index(self, document: DocumentKey) -> str:
        """Return the index under which the document's entry lies."""
        return self.index_of(document.tenant_id)

    def index_of(self, tenant_id: TenantId | None) -> str:
        """Return the index under which a tenant's entries lie, or those of no tenant."""
        return tenant_index(tenant_id, self._connection)

    def in_order(self, scope: Scope, *, after: str = "") -> Iterator[DocumentEntry]:
        """Yield the entries of the scope behind the key `after`, in the order of S3's listings.

        Three partitions are read side by side, a page (1 MB) of each at a time: a named tenant's
        keys have a beginning of their own, so that those tenants follow one another.
        """
        streams = [self._of_index(NO_INDEX, scope, after), self._of_tenants(scope, after)]
        if scope.tenant_id is None or scope.tenant_id.is_default:
            default = self.index_of(TenantId())
            streams.append(self._of_index(default, scope, after))
        return heapq.merge(*streams, key=attrgetter("key"))

    def _of_index(self, index: str, scope: Scope, after: str) -> Iterator[DocumentEntry]:
        for entry in self._catalog.entries.of_index(index, prefix=scope.prefix, after=after):
            document = document_key(entry.key)
            # What an earlier setup of this deployment left elsewhere is no document's entry now.
            if document and scope.covers(document) and self.index(document) == index:
                yield entry

    def _of_tenants(self, scope: Scope, after: str) -> Iterator[DocumentEntry]:
        for folder, tenant_id in self._folders(scope):
            if folder > after or after.startswith(folder):
                index = self.index_of(tenant_id)
                if index != NO_INDEX:
                    yield from self._of_index(index, scope, after)

    def _folders(self, scope: Scope) -> list[tuple[str, TenantId]]:
        """Return where each named tenant's keys begin, in the order of the keys."""
        tenants = self.tenants() if scope.tenant_id is None else {scope.tenant_id}
        folders = [(f"{TENANTS_PREFIX}{t}/", t) for t in tenants if not t.is_default]
        return sorted(
            (
                (folder, tenant_id)
                for folder, tenant_id in folders
                if folder.startswith(scope.prefix) or scope.prefix.startswith(folder)
            ),
            key=itemgetter(0),
        )

    def tenants(self) -> set[TenantId]:
        """Return every tenant that may have entries.

        The registry lists those that had any; a tenant none of whose documents were looked at yet is
        found by them.
        """
        return {TenantId(), *self.registered(), *self._in_bucket()}

    def registered(self) -> Iterator[TenantId]:
        """Yield each tenant of this deployment whose index is registered, in no order."""
        for registered in self._catalog.indexes:
            tenant_id = index_tenant(registered.index, self._connection)
            if tenant_id is not None:
                yield tenant_id

    def _in_bucket(self) -> Iterator[TenantId]:
        for folder in self._listing.folders(TENANTS_PREFIX):
            try:
                yield TenantId(folder.removeprefix(TENANTS_PREFIX).removesuffix("/"))
            except TenantIdError:
                continue

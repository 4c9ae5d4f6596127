"""A tenant's index and what can be searched in it, asked of the service as seldom as possible."""

from collections.abc import Callable

from msgspec import Struct

from vector_store import TenantId, TextSearch, VectorIndex, VectorStore

LIFETIMES = {TextSearch.BUILDING: 30.0, TextSearch.ABSENT: 300.0}
"""Seconds until an index is looked at again, as that costs 22 queries. One with full-text search
is taken to keep it: a query that it refuses shows when it does not."""

FRESH_SECONDS = 30.0
"""So long after a look nothing new is expected: requests that are refused for another reason must
not cost a look each."""


class SearchedIndex(Struct, frozen=True):
    """An index that fits the model, as it was when it was looked at."""

    index: VectorIndex
    text_search: TextSearch
    seen: float

    def is_stale(self, now: float) -> bool:
        """Whether it may have got full-text search since."""
        return now - self.seen >= LIFETIMES.get(self.text_search, float("inf"))

    def is_fresh(self, now: float) -> bool:
        """Whether it was looked at just now."""
        return now - self.seen < FRESH_SECONDS


class SearchedIndexes:
    """The tenants' indexes of one store, each looked at when it is first asked for."""

    def __init__(
        self, store: VectorStore[VectorIndex], dimensions: int, *, clock: Callable[[], float]
    ) -> None:
        self._store = store
        self._dimensions = dimensions
        self._clock = clock
        self._seen: dict[TenantId, SearchedIndex] = {}

    def of(self, tenant_id: TenantId) -> SearchedIndex:
        """Return the tenant's index; raises VectorIndexNotFoundError or IndexMismatchError."""
        known = self._seen.get(tenant_id)
        return self._look(tenant_id) if known is None or known.is_stale(self._clock()) else known

    def after_refusal(self, refused: SearchedIndex) -> SearchedIndex | None:
        """Return the index as it is now, where that is what a query was refused for; else None."""
        if refused.is_fresh(self._clock()):
            return None
        now = self._look(refused.index.index_name.tenant_id)
        return now if now.text_search is not refused.text_search else None

    def forget(self, tenant_id: TenantId) -> None:
        """Look again before the next query: the index is gone."""
        self._seen.pop(tenant_id, None)

    def _look(self, tenant_id: TenantId) -> SearchedIndex:
        self.forget(tenant_id)
        index = self._store.index("chunk", tenant_id=tenant_id)
        seen = SearchedIndex(index, index.inspect(self._dimensions), self._clock())
        self._seen[tenant_id] = seen
        return seen

"""A tenant's index and what can be searched in it, not asked of the service until a query is refused."""

from collections.abc import Callable

from msgspec import Struct

from vector_store import TenantId, TextSearch, VectorIndex, VectorStore

LIFETIMES = {TextSearch.BUILDING: 30.0, TextSearch.ABSENT: 300.0}
"""Seconds for which an index is known to have no full-text search. Then a query tries again: where it
is refused, that costs a look, as much as 22 queries."""

FRESH_SECONDS = 30.0
"""So long after a look nothing new is expected: requests that are refused for another reason must
not cost a look each."""


class SearchedIndex(Struct, frozen=True):
    """An index, taken to fit the model and to have full-text search until it was looked at."""

    index: VectorIndex
    text_search: TextSearch = TextSearch.ACTIVE
    seen: float = float("-inf")
    """When it was looked at."""

    def is_stale(self, now: float) -> bool:
        """Whether it may have got full-text search since."""
        return now - self.seen >= LIFETIMES.get(self.text_search, float("inf"))

    def is_fresh(self, now: float) -> bool:
        """Whether it was looked at just now."""
        return now - self.seen < FRESH_SECONDS


class SearchedIndexes:
    """The tenants' indexes of one store, each looked at only after it refused a query."""

    def __init__(
        self, store: VectorStore[VectorIndex], dimensions: int, *, clock: Callable[[], float]
    ) -> None:
        self._store = store
        self._dimensions = dimensions
        self._clock = clock
        self._known: dict[TenantId, SearchedIndex] = {}

    def of(self, tenant_id: TenantId) -> SearchedIndex:
        """Return the tenant's index as far as it is known; sends nothing."""
        known = self._known.get(tenant_id)
        if known is None or known.is_stale(self._clock()):
            known = SearchedIndex(self._store.index("chunk", tenant_id=tenant_id))
            self._known[tenant_id] = known
        return known

    def after_refusal(self, refused: SearchedIndex) -> SearchedIndex | None:
        """Return the index as it is now, where that is what a query was refused for; else None.

        Raises IndexMismatchError where it does not fit, VectorIndexNotFoundError where it is gone.
        """
        now, index = self._clock(), refused.index
        if refused.is_fresh(now):
            return None
        looked = SearchedIndex(index, index.inspect(self._dimensions), now)
        self._known[index.index_name.tenant_id] = looked
        return looked if looked.text_search is not refused.text_search else None

    def forget(self, tenant_id: TenantId) -> None:
        """Take nothing for known of the tenant's index: it is gone."""
        self._known.pop(tenant_id, None)

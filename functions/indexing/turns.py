"""Whose documents a worker begins first: those of the tenants that took the least of its time lately."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from indexing.looks import Look

if TYPE_CHECKING:
    from vector_store import TenantId

FORGOTTEN = timedelta(seconds=1)
"""What counts for less than this does not count any more."""


class Turns:
    """What one worker spent on each tenant; of an earlier batch it counts half as much with each new one."""

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._spent: dict[TenantId | None, timedelta] = {}

    def in_turn(self, looks: Iterable[Look]) -> list[Look]:
        """Return a batch's looks, those of whom least was spent on first; a tenant's stay in their order."""
        self._spent = {
            tenant_id: spent / 2 for tenant_id, spent in self._spent.items() if spent > FORGOTTEN
        }
        none = timedelta()
        return sorted(looks, key=lambda look: self._spent.get(look.document.tenant_id, none))

    @contextmanager
    def spent_on(self, look: Look) -> Iterator[None]:
        """Count what is done within as time of the look's tenant."""
        tenant_id, began = look.document.tenant_id, self._clock()
        try:
            yield
        finally:
            before = self._spent.get(tenant_id, timedelta())
            self._spent[tenant_id] = before + (self._clock() - began)

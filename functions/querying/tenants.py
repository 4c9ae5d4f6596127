"""What answers each tenant: made for that tenant alone, from clients with credentials of its own."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from botocore.session import Session

from querying.tenant_role import TenantRole
from vector_store import IndexName, TenantId

MAX_TENANTS = 64
"""Kept in one container; each has about 0.5 MB of clients, and making them takes about 20 ms."""

ServiceT = TypeVar("ServiceT")


class Tenants(Generic[ServiceT]):
    """The tenants that were asked last, each with what answers it.

    Nothing of one tenant's is ever given for another: the key is both who was authorized and whose
    index is read, and the credentials below open only what belongs to both.
    """

    def __init__(
        self,
        role: TenantRole,
        make: Callable[[Session, IndexName], ServiceT],
        *,
        index_prefix: str | None,
        max_tenants: int = MAX_TENANTS,
    ) -> None:
        self._role = role
        self._make = make
        self._index_prefix = index_prefix
        self._max_tenants = max_tenants
        self._kept: OrderedDict[tuple[TenantId, TenantId], ServiceT] = OrderedDict()

    def of(self, tenant_id: TenantId, *, authorized: TenantId) -> ServiceT:
        """Return what answers for the tenant of this id, where the gateway authorized that one.

        Raises IndexNameError for a tenant whose index would have too long a name.
        """
        key = (tenant_id, authorized)
        if key not in self._kept:
            index = IndexName("chunk", tenant_id, self._index_prefix)
            session = self._role.session_for(tenant=str(authorized), index=str(index))
            self._kept[key] = self._make(session, index)
            if len(self._kept) > self._max_tenants:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

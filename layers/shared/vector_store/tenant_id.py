"""Tenant ids: who a vector index belongs to."""

import re

from msgspec import Struct
from msgspec.structs import force_setattr

from vector_store.errors import TenantIdError

DEFAULT_TENANT_NAME = "default_"
"""The default tenant, in any case; `default`, without the underscore, is an ordinary tenant."""

MAX_TENANT_ID_LENGTH = 25
_SEGMENTED = re.compile(r"[a-z0-9]+(?:\.[a-z0-9]+)*")
_RULE = (
    f"a tenant id is 1 to {MAX_TENANT_ID_LENGTH} characters of a-z, 0-9 and single inner dots, "
    f"or {DEFAULT_TENANT_NAME!r} for the default tenant"
)


class TenantId(Struct, frozen=True):
    """A tenant; two spellings of the default tenant are equal.

    Raises TenantIdError for a value that the rule refuses.
    """

    value: str | None = None
    """The tenant's name in index names; None for the default tenant, which index names leave out."""

    def __post_init__(self) -> None:
        value = self.value
        if value is None:
            return
        if not isinstance(value, str):
            raise TenantIdError("tenant id", value, _RULE)
        if value.lower() == DEFAULT_TENANT_NAME:
            force_setattr(self, "value", None)
        elif len(value) > MAX_TENANT_ID_LENGTH or not _SEGMENTED.fullmatch(value):
            raise TenantIdError("tenant id", value, _RULE)

    @classmethod
    def of(cls, value: "TenantId | str | int | None") -> "TenantId":
        """Return the tenant that the value names; a number names the tenant of its digits."""
        if isinstance(value, TenantId):
            return value
        return cls(str(value) if isinstance(value, int) else value)

    @property
    def is_default(self) -> bool:
        """Whether this is the default tenant."""
        return self.value is None

    def __str__(self) -> str:
        return DEFAULT_TENANT_NAME if self.value is None else self.value

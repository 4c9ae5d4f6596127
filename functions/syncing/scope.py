"""Which documents a run is about."""

from msgspec import Struct
from msgspec.structs import force_setattr

from documents_bucket import TENANTS_PREFIX, DocumentKey
from syncing.errors import ScopeError
from vector_store import TenantId


class Scope(Struct, frozen=True):
    """The documents whose key begins with `prefix`, of one tenant or of all.

    Raises ScopeError where no document is both.
    """

    prefix: str = ""
    tenant_id: TenantId | None = None

    def __post_init__(self) -> None:
        if self.tenant_id is None or self.tenant_id.is_default:
            return
        tenant_prefix = f"{TENANTS_PREFIX}{self.tenant_id}/"
        if tenant_prefix.startswith(self.prefix):
            force_setattr(self, "prefix", tenant_prefix)
        elif not self.prefix.startswith(tenant_prefix):
            raise ScopeError(
                f"no document of tenant {self.tenant_id} has a key that begins with "
                f"{self.prefix!r}: they begin with {tenant_prefix!r}"
            )

    def covers(self, document: DocumentKey | None) -> bool:
        """Whether a key's document, if it is of one, is one of these."""
        return (
            document is not None
            and document.key.startswith(self.prefix)
            and self.tenant_id in {None, document.tenant_id}
        )


EVERYTHING = Scope()

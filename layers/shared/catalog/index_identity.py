"""How the catalog names vector indexes."""

from vector_store import ConnectionString, IndexName, TenantId
from vector_store.errors import IndexNameError

NO_INDEX = "no-index"
"""Of documents whose key belongs to no tenant's index."""


def index_identity(vector_bucket: str, index_name: str) -> str:
    """Return the name under which an index's documents are listed."""
    return f"{vector_bucket}/{index_name}"


def tenant_index(tenant_id: TenantId | None, connection: ConnectionString) -> str:
    """Return the name under which a deployment lists a tenant's documents, or those of no tenant."""
    if tenant_id is None:
        return NO_INDEX
    try:
        name = IndexName("chunk", tenant_id, connection.index_prefix)
    except IndexNameError:  # too long a name
        return NO_INDEX
    return index_identity(connection.bucket_name, str(name))


def index_tenant(index: str, connection: ConnectionString) -> TenantId | None:
    """Return the tenant whose documents a deployment lists under that name; None if it lists none."""
    bucket_name, _, name = index.partition("/")
    if bucket_name != connection.bucket_name:
        return None
    try:
        parsed = IndexName.parse(name)
    except IndexNameError:
        return None
    is_ours = (parsed.base, parsed.prefix) == ("chunk", connection.index_prefix)
    return parsed.tenant_id if is_ours else None

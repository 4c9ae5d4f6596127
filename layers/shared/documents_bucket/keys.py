"""Keys of the documents bucket: what each one means."""

from msgspec import Struct

from vector_store import TenantId
from vector_store.errors import TenantIdError

TENANTS_PREFIX = "tenants/"
SIDECAR_SUFFIX = ".metadata.json"

MAX_KEY_BYTES = 1_024
"""Of an object in S3, in UTF-8; DynamoDB looks for no longer one either."""


class DocumentKey(Struct, frozen=True):
    """A document's key, and the tenant that it belongs to; no tenant where the key names none validly."""

    key: str
    tenant_id: TenantId | None
    problem: str = ""
    """What is wrong with a key that belongs to no tenant."""

    @property
    def sidecar_key(self) -> str | None:
        """Where this document's metadata may lie; None where that would be no key that S3 takes."""
        sidecar_key = self.key + SIDECAR_SUFFIX
        return sidecar_key if len(sidecar_key.encode()) <= MAX_KEY_BYTES else None


def document_key(bucket_key: str) -> DocumentKey | None:
    """Return the document that an object's key is, or is the sidecar of.

    None for what is neither: a folder, and the sidecar of a sidecar, which describes no document.
    """
    key = bucket_key.removesuffix(SIDECAR_SUFFIX)
    if not key or key.endswith(("/", SIDECAR_SUFFIX)):
        return None
    if not key.startswith(TENANTS_PREFIX):
        return DocumentKey(key, TenantId())
    tenant, slash, path = key.removeprefix(TENANTS_PREFIX).partition("/")
    if not slash or not path:
        return DocumentKey(
            key, None, f"the key {key!r} names no tenant and path: expected tenants/<tenant>/<path>"
        )
    try:
        return DocumentKey(key, TenantId(tenant))
    except TenantIdError as error:
        return DocumentKey(key, None, f"the key {key!r} names no tenant: {error}")

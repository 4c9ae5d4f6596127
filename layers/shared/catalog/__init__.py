"""The document catalog, in DynamoDB."""

from catalog.catalog import Catalog, dynamodb_client
from catalog.claim import Claim
from catalog.entry import NO_KEYS, DocumentEntry, DocumentState, KeyList
from catalog.errors import (
    CatalogConflictError,
    CatalogError,
    CatalogUnavailableError,
    ModelMismatchError,
)

__all__ = [
    "NO_KEYS",
    "Catalog",
    "CatalogConflictError",
    "CatalogError",
    "CatalogUnavailableError",
    "Claim",
    "DocumentEntry",
    "DocumentState",
    "KeyList",
    "ModelMismatchError",
    "dynamodb_client",
]

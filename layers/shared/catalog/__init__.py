"""The document catalog, in DynamoDB."""

from catalog.catalog import Catalog, dynamodb_client
from catalog.entry import DocumentEntry, DocumentState
from catalog.errors import (
    CatalogConflictError,
    CatalogError,
    CatalogUnavailableError,
    ModelMismatchError,
)

__all__ = [
    "Catalog",
    "CatalogConflictError",
    "CatalogError",
    "CatalogUnavailableError",
    "DocumentEntry",
    "DocumentState",
    "ModelMismatchError",
    "dynamodb_client",
]

"""The document catalog, in DynamoDB."""

from catalog.catalog import Catalog, dynamodb_client
from catalog.claim import Claim
from catalog.entry import NO_KEYS, DocumentEntry, DocumentState, KeyList
from catalog.entry_pages import EntryPage, EntryPages
from catalog.errors import (
    CatalogConflictError,
    CatalogError,
    CatalogUnavailableError,
    DocumentWantedError,
    LeaseTooShortError,
    ModelMismatchError,
)
from catalog.index_registry import RegisteredIndex
from catalog.key_pages import UNKNOWN_DIGEST, VectorKeys
from catalog.table_scan import KeyPage

__all__ = [
    "NO_KEYS",
    "UNKNOWN_DIGEST",
    "Catalog",
    "CatalogConflictError",
    "CatalogError",
    "CatalogUnavailableError",
    "Claim",
    "DocumentEntry",
    "DocumentState",
    "DocumentWantedError",
    "EntryPage",
    "EntryPages",
    "KeyList",
    "KeyPage",
    "LeaseTooShortError",
    "ModelMismatchError",
    "RegisteredIndex",
    "VectorKeys",
    "dynamodb_client",
]

"""A document's entry in the catalog, and how DynamoDB holds it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


class DocumentState(StrEnum):
    """Where a document stands."""

    INDEXING = "INDEXING"
    """A version is on its way into the index; the one before it may be searchable still."""
    INDEXED = "INDEXED"
    """The index holds the chunks of this version, and of no other."""
    FAILED = "FAILED"
    """This version cannot be indexed; the last good one, if any, is still searchable."""


@dataclass(frozen=True, slots=True)
class KeyList:
    """Where a list of vector keys is stored: under a generation, in so many pages."""

    generation: str = ""
    pages: int = 0


NO_KEYS = KeyList()


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """What is known of one document."""

    index: str
    """`<vector bucket>/<index name>`."""
    key: str
    """The document's key in the documents bucket."""
    state: DocumentState
    revision: int
    """Counts the writes of this entry: every write names the one that it replaces."""
    fingerprint: str = ""
    """A digest of everything that the chunks depend on, when the state was reached."""
    chunk_count: int = 0
    """Chunks of the last version that was indexed."""
    indexed: KeyList = NO_KEYS
    """The vector keys of the last version that was indexed."""
    intended: KeyList = NO_KEYS
    """The keys that the index may hold besides: of versions that were begun and not finished."""
    etag: str = ""
    version_id: str = ""
    size: int = 0
    content_type: str = ""
    reason: str = ""
    """Why the state is FAILED, or why the last attempt failed for now; for the document's owner."""
    updated_at: str = ""
    """ISO 8601, UTC."""
    lease_until: int = 0
    """Until when a worker holds the document, in seconds since 1970; 0 when nobody does."""


_NUMBERS = ("revision", "chunk_count", "size", "lease_until")
_KEY_LISTS = ("indexed", "intended")
_TEXTS = (
    "state",
    "fingerprint",
    "etag",
    "version_id",
    "content_type",
    "reason",
    "updated_at",
)


def to_item(entry: DocumentEntry) -> "dict[str, AttributeValueTypeDef]":
    """Return the table's item for an entry; empty texts are left out."""
    item: dict[str, AttributeValueTypeDef] = {"pk": {"S": entry.index}, "sk": {"S": entry.key}}
    item |= {name: {"N": str(getattr(entry, name))} for name in _NUMBERS}
    item |= {name: {"S": text} for name in _TEXTS if (text := str(getattr(entry, name)))}
    for name in _KEY_LISTS:
        keys: KeyList = getattr(entry, name)
        if keys.pages:
            item[name] = {
                "M": {"generation": {"S": keys.generation}, "pages": {"N": str(keys.pages)}}
            }
    return item


def from_item(item: "dict[str, AttributeValueTypeDef]") -> DocumentEntry:
    """Return the entry that an item holds."""
    fields: dict[str, Any] = {name: int(item[name]["N"]) for name in _NUMBERS}
    fields |= {name: item[name]["S"] for name in _TEXTS if name in item}
    for name in _KEY_LISTS:
        if name in item:
            keys = item[name]["M"]
            fields[name] = KeyList(keys["generation"]["S"], int(keys["pages"]["N"]))
    fields["state"] = DocumentState(fields["state"])
    return DocumentEntry(index=item["pk"]["S"], key=item["sk"]["S"], **fields)

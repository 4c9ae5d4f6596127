"""A document's entry in the catalog, and how DynamoDB holds it."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

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
    REMOVED = "REMOVED"
    """The document is gone; its entry waits for the check that no vector of it came back."""


class KeyList(Struct, frozen=True):
    """Where a list of vector keys is stored: under a generation, in so many pages."""

    generation: str = ""
    pages: int = 0


NO_KEYS = KeyList()

KEY_LISTS = ("indexed", "intended", "written", "former")
"""The attributes of an entry that are such lists."""


class DocumentEntry(Struct, frozen=True):
    """What is known of one document."""

    index: str
    """`<vector bucket>/<index name>`."""
    key: str
    """The document's key in the documents bucket."""
    state: DocumentState = DocumentState.INDEXING
    revision: int = 0
    """Counts the writes of the entry's holders: each names the one that it replaces."""
    lease_until: int = 0
    """Until when a worker holds the document, in seconds since 1970; 0 when nobody does."""
    holder: str = ""
    """Who holds the document: `<id of the message that the worker serves>/<id of the claim>`."""
    wanted: int = 0
    """Counts the events that came while a worker held the document: it looks again before it ends."""
    attempts: int = 0
    """Claims since a version was last brought to an end."""
    lapses: int = 0
    """Leases that lapsed at the version of `fingerprint`, since it was last brought to an end: as many
    workers died at it. Kept where that is what it failed for."""
    check_after: int = 0
    """When all vectors are to be read back, in seconds since 1970: a worker of this document died, or
    a request of unknown outcome was sent, and may have an effect still. 0 when nothing is doubtful."""
    fingerprint: str = ""
    """A digest of all that the chunks depend on, as of the version that is or was worked on."""
    recipe: str = ""
    """The digest of the settings among it."""
    etag: str = ""
    last_modified: str = ""
    """ISO 8601, UTC; as S3 has it, to the second."""
    sidecar_etag: str = ""
    version_id: str = ""
    size: int = 0
    content_type: str = ""
    chunk_count: int = 0
    """Chunks of the last version that was indexed, as far as they are in the index."""
    indexed: KeyList = NO_KEYS
    """The vector keys of the last version that was indexed, or put whole: they are in the index, unless
    something is doubtful, or `reason` says that some are lost."""
    intended: KeyList = NO_KEYS
    """The keys that the index may hold besides: of versions that were begun, or not deleted whole."""
    written: KeyList = NO_KEYS
    """Of the intended keys those that an attempt that ran out of time had put."""
    former: KeyList = NO_KEYS
    """Keys that were deleted, and may come back as long as something is doubtful."""
    reason: str = ""
    """Why the state is FAILED, for the document's owner; or else why the last attempt failed, in words
    that are the operator's alone."""
    created_at: str = ""
    indexed_at: str = ""
    updated_at: str = ""
    """The three of them ISO 8601, UTC."""

    @property
    def key_lists(self) -> set[KeyList]:
        """The lists that the entry refers to."""
        return {getattr(self, name) for name in KEY_LISTS} - {NO_KEYS}


ATTRIBUTES = tuple(name for name in DocumentEntry.__struct_fields__ if name not in {"index", "key"})
ALWAYS_STORED = ("revision", "lease_until", "state", "wanted")
"""What conditions and the secondary index depend on, whatever its value."""

_NUMBERS = frozenset(
    {
        "revision",
        "lease_until",
        "wanted",
        "attempts",
        "lapses",
        "check_after",
        "size",
        "chunk_count",
    }
)


def to_attributes(
    entry: DocumentEntry, names: Iterable[str]
) -> "dict[str, AttributeValueTypeDef | None]":
    """Return the named attributes as the table holds them; None for those that it does not hold."""
    return {name: _to_value(name, getattr(entry, name)) for name in names}


def _to_value(name: str, value: Any) -> "AttributeValueTypeDef | None":
    if not value or value == NO_KEYS:
        return {"N": "0"} if name in ALWAYS_STORED else None
    if name in _NUMBERS:
        return {"N": str(value)}
    if name in KEY_LISTS:
        return {"M": {"generation": {"S": value.generation}, "pages": {"N": str(value.pages)}}}
    return {"S": str(value)}


def from_item(item: "Mapping[str, AttributeValueTypeDef]") -> DocumentEntry:
    """Return the entry that an item holds, whole or in part."""
    values: dict[str, Any] = {}
    for name in ATTRIBUTES:
        if name not in item:
            continue
        if name in _NUMBERS:
            values[name] = int(item[name]["N"])
        elif name in KEY_LISTS:
            keys = item[name]["M"]
            values[name] = KeyList(keys["generation"]["S"], int(keys["pages"]["N"]))
        else:
            values[name] = item[name]["S"]
    if "state" in values:
        values["state"] = DocumentState(values["state"])
    return DocumentEntry(index=item["pk"]["S"], key=item["sk"]["S"], **values)

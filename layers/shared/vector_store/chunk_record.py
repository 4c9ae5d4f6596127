"""A chunk as it lies in a vector's metadata: the layout of graphrag-toolkit, read both ways.

The text is in `value`; ids and everything that only dropvec knows are in the JSON of `metadata`,
because a rewrite by the toolkit drops metadata keys that it does not know. Both are
non-filterable. The document's attributes are filterable, each as `source.metadata.<attribute>`, and
a date as a number too (`attribute_dates`).
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from vector_store.attribute_dates import with_epochs, without_epochs
from vector_store.vector import MetadataValue

ATTRIBUTE_PREFIX = "source.metadata."

VALID_FROM_KEY = "source.versioning.valid_from"
VALID_TO_KEY = "source.versioning.valid_to"
ALWAYS_VALID_FROM = -1
ALWAYS_VALID_TO = 10_000_000_000_000

_KEY_BYTES = 16


class ChunkRecord(Struct, frozen=True):
    """A chunk of a document, with what a reader needs to show and to cite it."""

    text: str
    """The passage, as it stands in the document."""
    uri: str
    """The document's `s3://bucket/key`."""
    document_key: str
    ordinal: int
    start: int
    end: int
    content_type: str
    prefix: str = ""
    """The key in words, title and heading path that are embedded and searched in front of the text."""
    title: str | None = None
    page: int | None = None
    headings: tuple[str, ...] = ()
    attributes: Mapping[str, MetadataValue] = field(default_factory=dict)
    model: str = ""
    """The URI of the model that embedded it; unknown of another program's."""
    previous: str | None = None
    """The vector key of the chunk before it in the document."""
    following: str | None = None
    """The vector key of the chunk after it."""

    @property
    def embedded_text(self) -> str:
        """What is embedded, and searched by words."""
        return self.prefix + self.text


def chunk_key(document_key: str, embedded_text: str, occurrence: int) -> str:
    """Return the vector key of a chunk: 32 hexadecimal digits (128 bits).

    Equal keys mean an equal document, embedded text and occurrence (0 for the first chunk of that
    text in the document), so an equal embedding.
    """
    digest = hashlib.blake2b(digest_size=_KEY_BYTES)
    for part in (document_key, embedded_text, str(occurrence)):
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "big"))
        digest.update(encoded)
    return digest.hexdigest()


def source_id(uri: str) -> str:
    """Return the id that all chunks of one document share, in the form of the toolkit's source ids."""
    digest = hashlib.blake2b(uri.encode(), digest_size=_KEY_BYTES).hexdigest()
    return f"aws::{digest[:8]}:{digest[8:12]}"


def own_metadata(key: str, record: ChunkRecord) -> dict[str, str]:
    """Return the part of a chunk's metadata that tells it from its document's others: text and place."""
    place = {
        "uri": record.uri,
        "key": record.document_key,
        "content_type": record.content_type,
        "title": record.title,
        "prefix_length": len(record.prefix),
        "ordinal": record.ordinal,
        "start": record.start,
        "end": record.end,
        "page": record.page,
        "headings": list(record.headings),
        "model": record.model or None,
        "previous": record.previous,
        "next": record.following,
    }
    details = {
        "source": {"sourceId": source_id(record.uri), "metadata": {}, "versioning": {}},
        "chunk": {"chunkId": key, "metadata": {}},
        "topics": [],
        "aws::graph::index": {"index": "chunk", "key": key},
        "dropvec": {name: value for name, value in place.items() if value not in (None, [])},
    }
    return {
        "value": record.embedded_text,
        "metadata": json.dumps(details, ensure_ascii=False, separators=(",", ":")),
    }


def filterable_metadata(attributes: Mapping[str, MetadataValue]) -> dict[str, MetadataValue]:
    """Return the part that can be filtered by, the same for all chunks of a document."""
    return {
        VALID_FROM_KEY: ALWAYS_VALID_FROM,
        VALID_TO_KEY: ALWAYS_VALID_TO,
        **{ATTRIBUTE_PREFIX + name: value for name, value in with_epochs(attributes).items()},
    }


def from_metadata(metadata: Mapping[str, MetadataValue]) -> ChunkRecord:
    """Return the chunk that a vector's metadata holds, whichever project wrote it."""
    details = _object(metadata.get("metadata"))
    place = _object(details.get("dropvec"))
    value = str(metadata.get("value") or "")
    cut = _count(place, "prefix_length")
    headings = place.get("headings")
    uri = str(place.get("uri") or _object(details.get("source")).get("sourceId") or "")
    return ChunkRecord(
        text=value[cut:],
        prefix=value[:cut],
        uri=uri,
        document_key=str(place.get("key", "")),
        content_type=str(place.get("content_type", "")),
        title=place.get("title"),
        ordinal=_count(place, "ordinal"),
        start=_count(place, "start"),
        end=_count(place, "end", len(value) - cut),
        page=_count(place, "page") or None,
        headings=tuple(map(str, headings)) if isinstance(headings, list) else (),
        attributes=without_epochs(
            {
                name.removeprefix(ATTRIBUTE_PREFIX): attribute
                for name, attribute in metadata.items()
                if name.startswith(ATTRIBUTE_PREFIX)
            }
        ),
        model=_model(place),
        previous=_key(place, "previous"),
        following=_key(place, "next"),
    )


def embedding_model(metadata: Mapping[str, MetadataValue]) -> str:
    """Return the URI of the model that embedded a vector; "" where its metadata does not say."""
    return _model(_object(_object(metadata.get("metadata")).get("dropvec")))


def _model(place: Mapping[str, Any]) -> str:
    return str(place.get("model") or "")


def _key(place: Mapping[str, Any], name: str) -> str | None:
    value = place.get(name)
    return value if isinstance(value, str) and value else None


def _count(place: Mapping[str, Any], name: str, default: int = 0) -> int:
    """A number of something; what another program left in its place counts for nothing."""
    value = place.get(name)
    return value if isinstance(value, int) and value >= 0 else default


def _object(value: Any) -> dict[str, Any]:
    """The JSON object that a value is or holds; {} for anything else."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (RecursionError, ValueError):
            return {}
    return value if isinstance(value, dict) else {}

"""Chunks made ready to be stored: each with its vector key, and what is embedded."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from embedding.token_estimate import estimate_tokens
from indexing.errors import DocumentTooLargeError, InvalidMetadataError
from indexing.extracted_text import Chunk, ExtractedText
from indexing.key_words import key_words
from recipe.chunking_settings import (
    MAX_PREFIX_CHARACTERS,
    MAX_PREFIX_TOKENS,
    ChunkingSettings,
)
from vector_store.chunk_record import (
    ChunkRecord,
    chunk_key,
    filterable_metadata,
    own_metadata,
)
from vector_store.errors import VectorLimitError
from vector_store.metadata_digest import metadata_digest
from vector_store.vector import Metadata, MetadataValue, check_metadata

SEPARATOR = " > "
CUT = " … "
END = "\n\n"


_INK = re.compile(r"\S+")

MAX_CHUNKS = 50_000
"""Of one document: twice what the longest text makes by the default settings."""


class Passage(Struct, frozen=True):
    """A chunk under its vector key."""

    key: str
    record: ChunkRecord
    filterable: Mapping[str, MetadataValue]
    """What of the metadata can be filtered by, held once for all passages of the document."""
    digest: str
    """The digest of the metadata."""

    @property
    def embedded_text(self) -> str:
        """What is embedded, and searched by words."""
        return self.record.embedded_text

    @property
    def metadata(self) -> Metadata:
        """What is stored beside the embedding.

        It repeats the document's key and headings: made when it is asked for, and not held.
        """
        return _metadata(self.key, self.record, self.filterable)


def passages(
    document: ExtractedText,
    chunks: Iterable[Chunk],
    *,
    uri: str,
    document_key: str,
    content_type: str,
    attributes: Mapping[str, MetadataValue],
    model: str,
) -> list[Passage]:
    """Return the document's passages in order, each checked against the service's limits.

    Raises InvalidMetadataError for a document whose metadata no vector can take, and
    DocumentTooLargeError for one of more than MAX_CHUNKS chunks.
    """
    place = (*key_words(document_key), document.title)
    records = (
        ChunkRecord(
            text=chunk.text,
            uri=uri,
            document_key=document_key,
            content_type=content_type,
            prefix=context_prefix((*place, *chunk.headings)),
            title=document.title,
            ordinal=chunk.ordinal,
            start=chunk.start,
            end=chunk.end,
            page=chunk.page,
            headings=chunk.headings,
            model=model,
        )
        for chunk in chunks
    )
    filterable = filterable_metadata(attributes)
    found: list[Passage] = []
    for key, record in _linked(_keyed(records)):
        _check_count(len(found) + 1, document_key)
        found.append(_passage(key, record, filterable))
    return found


def check_text(text: str, chunking: ChunkingSettings, key: str) -> None:
    """Raise DocumentTooLargeError for a text that makes too many chunks however it is cut.

    To cut one takes a third of a kilobyte for each of a chunk's eight pieces.
    """
    if len(text) > MAX_CHUNKS * chunking.room:
        ink = sum(found.end() - found.start() for found in _INK.finditer(text))
        _check_count(-(-ink // chunking.room), key)


def _check_count(count: int, key: str) -> None:
    if count > MAX_CHUNKS:
        raise DocumentTooLargeError(
            f"{key} makes more than {MAX_CHUNKS:,} chunks: split it into several documents, or have "
            "the stack's ChunkSize raised, or its ChunkOverlap lowered"
        )


def _keyed(records: Iterable[ChunkRecord]) -> Iterator[tuple[str, ChunkRecord]]:
    occurrences: Counter[str] = Counter()
    for record in records:
        text = record.embedded_text
        # Texts are counted by the keys of their first occurrences: no text is held for it.
        key = first = chunk_key(record.document_key, text, 0)
        if count := occurrences[first]:
            key = chunk_key(record.document_key, text, count)
        occurrences[first] += 1
        yield key, record


def _linked(keyed: Iterable[tuple[str, ChunkRecord]]) -> Iterator[tuple[str, ChunkRecord]]:
    """Have each name the keys of those before and after it."""
    previous: str | None = None
    waiting: tuple[str, ChunkRecord] | None = None
    for following in keyed:
        if waiting:
            key, record = waiting
            yield key, replace(record, previous=previous, following=following[0])
            previous = key
        waiting = following
    if waiting:
        key, record = waiting
        yield key, replace(record, previous=previous)


def _passage(key: str, record: ChunkRecord, filterable: Mapping[str, MetadataValue]) -> Passage:
    metadata = _metadata(key, record, filterable)
    try:
        check_metadata(metadata)
    except VectorLimitError as error:
        raise InvalidMetadataError(
            f"chunk {record.ordinal} of {record.document_key}: {error}"
        ) from error
    return Passage(key, record, filterable, metadata_digest(metadata))


def _metadata(
    key: str, record: ChunkRecord, filterable: Mapping[str, MetadataValue]
) -> dict[str, MetadataValue]:
    return {**own_metadata(key, record), **filterable}


def context_prefix(parts: Iterable[str | None]) -> str:
    """Return what stands in front of an embedded chunk: its place, from the top; maybe nothing."""
    path = SEPARATOR.join(part for part in parts if part)
    if not path:
        return ""
    room = MAX_PREFIX_CHARACTERS - len(END)
    while len(path) > room or estimate_tokens(path) > MAX_PREFIX_TOKENS:
        # What stands at the ends says most: what the document is, and what this part of it is.
        room = min(room, len(path) * 3 // 4)
        half = (room - len(CUT)) // 2
        path = path[:half].rstrip() + CUT + path[-half:].lstrip()
    return path + END

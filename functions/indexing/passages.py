"""Chunks made ready to be stored: each with its vector key, and what is embedded."""

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from documents.chunking_settings import MAX_PREFIX_CHARACTERS, MAX_PREFIX_TOKENS
from documents.token_estimate import estimate_tokens
from indexing.document import Chunk, Document
from indexing.errors import InvalidMetadataError
from indexing.key_words import key_words
from vector_store.chunk_record import ChunkRecord, chunk_key, to_metadata
from vector_store.errors import VectorLimitError
from vector_store.metadata_digest import metadata_digest
from vector_store.vector import Metadata, MetadataValue, check_metadata

SEPARATOR = " > "
CUT = " … "
END = "\n\n"


class Passage(Struct, frozen=True):
    """A chunk under its vector key."""

    key: str
    embedded_text: str
    metadata: Metadata

    @property
    def digest(self) -> str:
        """The digest of the metadata."""
        return metadata_digest(self.metadata)


def passages(
    document: Document,
    chunks: Iterable[Chunk],
    *,
    uri: str,
    document_key: str,
    content_type: str,
    attributes: Mapping[str, MetadataValue],
    model: str,
) -> list[Passage]:
    """Return the document's passages in order, each checked against the service's limits.

    Raises InvalidMetadataError for a document whose metadata no vector can take.
    """
    place = (*key_words(document_key), document.title)
    records = [
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
            attributes=attributes,
            model=model,
        )
        for chunk in chunks
    ]
    keys = _keys(records)
    neighbours = zip([None, *keys[:-1]], [*keys[1:], None], strict=True) if keys else ()
    return [
        _passage(key, replace(record, previous=previous, following=following))
        for key, record, (previous, following) in zip(keys, records, neighbours, strict=True)
    ]


def _keys(records: Iterable[ChunkRecord]) -> list[str]:
    occurrences: Counter[str] = Counter()
    keys = []
    for record in records:
        text = record.embedded_text
        keys.append(chunk_key(record.document_key, text, occurrences[text]))
        occurrences[text] += 1
    return keys


def _passage(key: str, record: ChunkRecord) -> Passage:
    metadata = to_metadata(key, record)
    try:
        check_metadata(metadata)
    except VectorLimitError as error:
        raise InvalidMetadataError(
            f"chunk {record.ordinal} of {record.document_key}: {error}"
        ) from error
    return Passage(key, record.embedded_text, metadata)


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

"""The metadata of a chunk as it is stored, whole."""

from vector_store.chunk_record import ChunkRecord, filterable_metadata, own_metadata
from vector_store.vector import MetadataValue


def stored_metadata(key: str, record: ChunkRecord) -> dict[str, MetadataValue]:
    return {**own_metadata(key, record), **filterable_metadata(record.attributes)}

"""Vectors as the store takes and returns them, and what the service allows of one.

Sources of the limits: the service's documentation; the size formula was measured on the service.
"""

import math
import re
import sys
from collections.abc import Mapping, Sequence

from msgspec import Struct

from vector_store.errors import VectorLimitError

MetadataValue = str | int | float | bool | list[str] | list[int] | list[float]
Metadata = Mapping[str, MetadataValue]

NON_FILTERABLE_KEYS = ("value", "metadata")
"""The metadata keys that hold text: returned, never filtered by, and outside the filterable limit."""

SEARCHABLE_KEY = "value"
"""The metadata key that is searched by words."""

MIN_DIMENSIONS = 1
MAX_DIMENSIONS = 4_096
MAX_KEY_BYTES = 1_024
MAX_METADATA_BYTES = 40_960
MAX_FILTERABLE_METADATA_BYTES = 2_048
MAX_METADATA_KEYS = 50

METADATA_VALUE_FORM = (
    "a string, a finite number, true, false, or a list of one or more strings or of one or more "
    "numbers"
)

_NUMBER_OF_EMBEDDING_BYTES = 4
_OBJECT_BYTES = 4
_ENTRY_BYTES = 8
_ELEMENT_BYTES = 4
_NUMBER_BYTES = 4

_MAX_NUMBER = sys.float_info.max
_SURROGATE = re.compile("[\ud800-\udfff]")


class Vector(Struct, frozen=True):
    """One vector to store: putting its key again replaces it whole."""

    key: str
    embedding: Sequence[float]
    metadata: Metadata


class StoredVector(Struct, frozen=True):
    """One vector as the service returns it; its embedding only where it was asked for."""

    key: str
    metadata: Mapping[str, MetadataValue]
    embedding: Sequence[float] | None = None


class Match(Struct, frozen=True):
    """One answer to a query, with the numbers that the search gave it."""

    key: str
    metadata: Mapping[str, MetadataValue]
    distance: float | None = None
    """Cosine distance, 0 to 2, the nearest smallest; None where the vector played no part."""
    bm25: float | None = None
    """The BM25 score of the words, above 0; None where none of them occurs, or none was asked."""
    fused: float | None = None
    """The Reciprocal Rank Fusion of both rankings; None but in hybrid searches."""


class MatchPage(Struct, frozen=True):
    """Some of a query's matches, best first, and the service's token for those that follow."""

    matches: list[Match]
    next_token: str | None = None


def vector_size(vector: Vector) -> int:
    """Return the logical bytes of a vector: its float32 numbers, key and metadata, as they are billed."""
    return (
        _NUMBER_OF_EMBEDDING_BYTES * len(vector.embedding)
        + len(vector.key.encode())
        + metadata_size(vector.metadata)
    )


def metadata_size(metadata: Metadata) -> int:
    """Return the bytes that the service counts for metadata, by its own formula (not JSON's length)."""
    return _OBJECT_BYTES + sum(metadata_entry_size(key, metadata[key]) for key in metadata)


def metadata_entry_size(key: str, value: MetadataValue) -> int:
    """Return the bytes that one key and its value add to the size of metadata."""
    return _ENTRY_BYTES + len(key.encode()) + _value_size(value)


def _value_size(value: MetadataValue) -> int:
    if isinstance(value, bool):
        return 0
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, int | float):
        return _NUMBER_BYTES
    return sum(_ELEMENT_BYTES + _value_size(element) for element in value)


def check_metadata(metadata: Metadata) -> None:
    """Raise VectorLimitError, with the excess, for metadata that the service would refuse."""
    if len(metadata) > MAX_METADATA_KEYS:
        raise VectorLimitError(
            f"metadata has {len(metadata)} keys; a vector takes {MAX_METADATA_KEYS}"
        )
    for key, value in metadata.items():
        if not is_text(key) or not is_metadata_value(value):
            # What is not filterable is a document's text, which must not come into a log.
            shown = (
                f"{value!r:.100}" if key not in NON_FILTERABLE_KEYS else "none that UTF-8 can hold"
            )
            raise VectorLimitError(f"metadata {key!r} is {shown}; expected {METADATA_VALUE_FORM}")
    size = metadata_size(metadata)
    if size > MAX_METADATA_BYTES:
        raise VectorLimitError(
            f"metadata is {size:,} bytes, {size - MAX_METADATA_BYTES:,} over the "
            f"{MAX_METADATA_BYTES:,} that a vector takes"
        )
    filterable = {k: v for k, v in metadata.items() if k not in NON_FILTERABLE_KEYS}
    size = metadata_size(filterable)
    if size > MAX_FILTERABLE_METADATA_BYTES:
        largest = max(filterable, key=lambda k: metadata_entry_size(k, filterable[k]))
        raise VectorLimitError(
            f"filterable metadata is {size:,} bytes, {size - MAX_FILTERABLE_METADATA_BYTES:,} over "
            f"the {MAX_FILTERABLE_METADATA_BYTES:,} that a vector takes; its largest is {largest!r}"
        )


def is_metadata_value(value: object) -> bool:
    """Whether a value is METADATA_VALUE_FORM, whatever its size."""
    if isinstance(value, list):
        return bool(value) and (all(map(is_text, value)) or all(map(is_number, value)))
    return isinstance(value, bool) or is_text(value) or is_number(value)


def is_text(value: object) -> bool:
    """Whether a value is a string that UTF-8 can hold: a lone surrogate fails a whole request."""
    return isinstance(value, str) and not _SURROGATE.search(value)


def is_number(value: object) -> bool:
    """Whether a value is a number that the service takes: finite, as a float too, and no boolean."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) if isinstance(value, float) else abs(value) <= _MAX_NUMBER


def check_dimensions(dimensions: int) -> None:
    """Raise VectorLimitError for dimensions that no index has."""
    if not MIN_DIMENSIONS <= dimensions <= MAX_DIMENSIONS:
        raise VectorLimitError(
            f"vectors of {dimensions} dimensions: an index takes {MIN_DIMENSIONS} to "
            f"{MAX_DIMENSIONS:,} dimensions"
        )


def check_vector(vector: Vector, dimensions: int) -> None:
    """Raise VectorLimitError for a vector that an index of these dimensions would refuse.

    Its numbers are looked at where they are written, by `float32_json`.
    """
    check_dimensions(dimensions)
    if _SURROGATE.search(vector.key):
        raise VectorLimitError(f"vector key {vector.key[:80]!r} holds what UTF-8 cannot")
    key_bytes = len(vector.key.encode())
    if not 1 <= key_bytes <= MAX_KEY_BYTES:
        raise VectorLimitError(
            f"vector key {vector.key[:80]!r} has {key_bytes:,} bytes; S3 Vectors takes 1 to "
            f"{MAX_KEY_BYTES:,}"
        )
    if len(vector.embedding) != dimensions:
        raise VectorLimitError(
            f"vector {vector.key!r} has {len(vector.embedding)} dimensions; the index has {dimensions}"
        )
    try:
        check_metadata(vector.metadata)
    except VectorLimitError as error:
        raise VectorLimitError(f"vector {vector.key!r}: {error}") from error

"""What metadata of a vector may be, and its size as the service counts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

MAX_KEYS = 50
MAX_BYTES = 40_960
MAX_FILTERABLE_BYTES = 2_048

# The terms of the size formula (found by live probes, exact on 24 shapes).
OBJECT_BYTES = 4
ENTRY_BYTES = 8
NUMBER_BYTES = 4
BOOLEAN_BYTES = 0
ELEMENT_BYTES = 4


class MetadataError(ValueError):
    """Metadata that the service refuses; the message is the service's, without the vector key."""


def metadata_size(metadata: Mapping[str, Any]) -> int:
    """The bytes that the service counts for an object of valid values."""
    return OBJECT_BYTES + sum(
        ENTRY_BYTES + len(key.encode()) + _value_size(value) for key, value in metadata.items()
    )


def check_metadata(metadata: object, non_filterable_keys: Collection[str]) -> None:
    """Nothing, or a MetadataError for value types, the number of keys or either size.

    The value rules hold under non-filterable keys too.
    """
    if not isinstance(metadata, dict):
        raise MetadataError("Metadata must be an object")
    for value in metadata.values():
        _check_value(value)
    if len(metadata) > MAX_KEYS:
        raise MetadataError(f"Metadata object must have at most {MAX_KEYS} keys")
    if metadata_size(metadata) > MAX_BYTES:
        raise MetadataError(f"Metadata object must have at most {MAX_BYTES} bytes")
    filterable = {k: v for k, v in metadata.items() if k not in non_filterable_keys}
    if metadata_size(filterable) > MAX_FILTERABLE_BYTES:
        raise MetadataError(f"Filterable metadata must have at most {MAX_FILTERABLE_BYTES} bytes")


def copy_of(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Valid metadata that shares nothing mutable with the original."""
    return {k: list(v) if isinstance(v, list) else v for k, v in metadata.items()}


def is_number(value: object) -> bool:
    """True of JSON numbers; a boolean is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _value_size(value: Any) -> int:
    match value:
        case str():
            return len(value.encode())
        case bool():
            return BOOLEAN_BYTES
        case list():
            return sum(ELEMENT_BYTES + _value_size(element) for element in value)
        case _:
            return NUMBER_BYTES


def _check_value(value: object) -> None:
    if isinstance(value, list):
        if not value:
            raise MetadataError("Empty arrays are not allowed in metadata")
        if not (all(isinstance(v, str) for v in value) or all(map(is_number, value))):
            raise MetadataError("Metadata array values must be strings or numbers")
    elif not isinstance(value, str | bool | int | float):
        raise MetadataError("Metadata values must be strings, numbers, booleans, or arrays")

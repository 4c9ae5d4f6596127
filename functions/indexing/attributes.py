"""A document's filterable attributes: its object's tags, its user metadata, and its sidecar's.

The later of these wins. Tags are for whoever runs the bucket (costs, lifecycles, scanners), user
metadata is said of this object by whoever put it there, and a sidecar is written for this search.
"""

from collections.abc import Mapping
from typing import Any

from indexing.errors import InvalidMetadataError
from indexing.sidecar import Sidecar
from vector_store.attribute_dates import EPOCH_SUFFIX, with_epochs
from vector_store.chunk_record import ATTRIBUTE_PREFIX, filterable_metadata
from vector_store.vector import (
    MAX_FILTERABLE_METADATA_BYTES,
    MAX_METADATA_KEYS,
    METADATA_VALUE_FORM,
    NON_FILTERABLE_KEYS,
    MetadataValue,
    is_metadata_value,
    is_text,
    metadata_entry_size,
    metadata_size,
)

MAX_ATTRIBUTES = MAX_METADATA_KEYS - len(NON_FILTERABLE_KEYS) - len(filterable_metadata({}))
"""What dropvec's own keys leave of those that a vector takes: 46. A date takes two."""


def document_attributes(
    key: str,
    *,
    tags: Mapping[str, str],
    user_metadata: Mapping[str, str],
    sidecar: Sidecar | None = None,
) -> dict[str, MetadataValue]:
    """Return the document's attributes by name, all of which a vector takes.

    Raises InvalidMetadataError, which names the attribute, where it stands, and by how much a limit
    is passed. A value that another one wins over does no harm.
    """
    attributes: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for origin, given in (
        (f"the tags of {key}", tags),
        (f"the user metadata of {key}", user_metadata),
        (sidecar.key if sidecar else "", sidecar.attributes() if sidecar else {}),
    ):
        attributes |= given
        origins |= dict.fromkeys(given, origin)
    for name, value in attributes.items():
        _check_attribute(name, value, origins[name])
    _check_count(key, attributes, origins)
    _check_size(key, attributes, origins)
    return attributes


def _check_attribute(name: str, value: object, origin: str) -> None:
    if not is_text(name) or not is_metadata_value(value):
        raise InvalidMetadataError(
            f"{origin}: attribute {name!r:.100} is {value!r:.100}; expected {METADATA_VALUE_FORM}"
        )
    if name.endswith(EPOCH_SUFFIX):
        raise InvalidMetadataError(
            f"{origin}: attribute {name!r:.100} ends in {EPOCH_SUFFIX}, which is kept for the numbers that "
            "dates are compared by: choose another name"
        )


def _check_count(
    key: str, attributes: Mapping[str, MetadataValue], origins: Mapping[str, str]
) -> None:
    names = list(with_epochs(attributes))
    if len(names) > MAX_ATTRIBUTES:
        last = list(attributes)[-1]
        raise InvalidMetadataError(
            f"{key} has {len(names)} attributes (a date counts twice), {len(names) - MAX_ATTRIBUTES} "
            f"over the {MAX_ATTRIBUTES} that a vector takes; the last is {last!r:.100} of {origins[last]}"
        )


def _check_size(
    key: str, attributes: Mapping[str, MetadataValue], origins: Mapping[str, str]
) -> None:
    size = metadata_size(filterable_metadata(attributes))
    excess = size - MAX_FILTERABLE_METADATA_BYTES
    if excess > 0:
        sizes = {
            name: metadata_entry_size(ATTRIBUTE_PREFIX + name, value)
            for name, value in attributes.items()
        }
        largest = max(sizes, key=lambda name: sizes[name])
        raise InvalidMetadataError(
            f"the attributes of {key} are {size:,} bytes as S3 Vectors counts them, {excess:,} over the "
            f"{MAX_FILTERABLE_METADATA_BYTES:,} that a vector takes; the largest is {largest!r:.100} of "
            f"{origins[largest]} with {sizes[largest]:,}"
        )

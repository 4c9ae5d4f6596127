"""A document's filterable attributes: its user metadata, and its sidecar's, which wins."""

import json
from collections.abc import Mapping

from indexing.errors import InvalidMetadataError
from vector_store.errors import VectorLimitError
from vector_store.vector import MetadataValue, check_metadata

_FORM = '{"metadataAttributes": {"<name>": "<text>", 1, true, ["<text>", ...] or [1, ...]}}'


def document_attributes(
    user_metadata: Mapping[str, str], sidecar_key: str, sidecar: bytes | None
) -> dict[str, MetadataValue]:
    """Return the attributes by name; InvalidMetadataError names the sidecar and the attribute."""
    attributes: dict[str, MetadataValue] = dict(user_metadata)
    if sidecar is None:
        return attributes
    try:
        content = json.loads(sidecar)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidMetadataError(f"{sidecar_key} is not JSON: {error}") from error
    given = content.get("metadataAttributes") if isinstance(content, dict) else None
    if not isinstance(given, dict):
        raise InvalidMetadataError(f"{sidecar_key} has no metadataAttributes: expected {_FORM}")
    for name, value in given.items():
        try:
            check_metadata({name: value})
        except VectorLimitError as error:
            raise InvalidMetadataError(f"{sidecar_key}: {error}") from error
    return attributes | given

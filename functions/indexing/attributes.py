"""A document's filterable attributes: its user metadata, and its sidecar's, which wins."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from indexing.errors import InvalidMetadataError
from vector_store.errors import VectorLimitError
from vector_store.vector import MetadataValue, check_metadata

_FORM = '{"metadataAttributes": {"<name>": "<text>", 1, true, ["<text>", ...] or [1, ...]}}'


@dataclass(frozen=True, slots=True)
class Sidecar:
    """The object beside a document that holds its attributes."""

    key: str
    body: bytes


def document_attributes(
    user_metadata: Mapping[str, str], sidecar: Sidecar | None
) -> dict[str, MetadataValue]:
    """Return the attributes by name; InvalidMetadataError names where one stands that is refused."""
    given = _sidecar_attributes(sidecar) if sidecar else {}
    _check(dict(user_metadata), "the user metadata")
    return {**user_metadata, **given}


def _sidecar_attributes(sidecar: Sidecar) -> dict[str, MetadataValue]:
    try:
        content = orjson.loads(sidecar.body)
    except orjson.JSONDecodeError as error:
        raise InvalidMetadataError(f"{sidecar.key} is not JSON: {error}") from error
    given = content.get("metadataAttributes") if isinstance(content, dict) else None
    if not isinstance(given, dict):
        raise InvalidMetadataError(f"{sidecar.key} has no metadataAttributes: expected {_FORM}")
    _check(given, sidecar.key)
    return given


def _check(attributes: Mapping[str, MetadataValue], origin: str) -> None:
    for name, value in attributes.items():
        try:
            check_metadata({name: value})
        except VectorLimitError as error:
            raise InvalidMetadataError(f"{origin}: {error}") from error

"""Rules of what CreateVectorBucket and CreateIndex set: encryption, metadata keys, tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.s3vectors.errors import ValidationError
from local.s3vectors.index_settings import TextSearch
from local.s3vectors.modes import ENHANCED

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_TAGS = 50
SYSTEM_TAG_PREFIX = "aws:"


def encryption(request: dict[str, Any], default: Mapping[str, str] | None = None) -> dict[str, str]:
    """The encryption configuration of a request, else the default, else SSE-S3.

    Raises ValidationError unless ``aws:kms`` comes with a key and ``AES256`` without; no
    ``sseType`` is ``AES256``. (On AWS a key that does not exist is an AccessDeniedException; here
    are no keys, so any is taken to exist.)
    """
    given = request.get("encryptionConfiguration")
    if given is None:
        return dict(default or {"sseType": "AES256"})
    sse_type, key = given.get("sseType", "AES256"), given.get("kmsKeyArn")
    path = "EncryptionConfiguration"
    if sse_type == "AES256" and key is not None:
        message = "kmsKeyArn must not be specified when sseType is AES256."
        raise ValidationError.of_field(path, message)
    if sse_type == "aws:kms" and key is None:
        message = "kmsKeyArn must be specified when sseType is set to aws:kms"
        raise ValidationError.of_field(path, message)
    return {"sseType": sse_type} | ({"kmsKeyArn": key} if key else {})


def non_filterable_keys(request: dict[str, Any]) -> tuple[str, ...]:
    """The distinct non-filterable metadata keys of a CreateIndex request."""
    keys = request.get("metadataConfiguration", {}).get("nonFilterableMetadataKeys", [])
    _check_distinct("metadataConfiguration.nonFilterableMetadataKeys", keys)
    return tuple(keys)


def text_search(request: dict[str, Any], mode: str) -> tuple[TextSearch, ...]:
    """The text search configurations of a CreateIndex request, of distinct keys.

    An index is created empty, so there is nothing to backfill: their status is ACTIVE. Raises
    ValidationError when the index is not in ENHANCED mode.
    """
    given = request.get("metadataConfiguration", {}).get("textSearchConfigurations", [])
    path = "metadataConfiguration.textSearchConfigurations"
    check_text_search(given, mode, path)
    return tuple(TextSearch(entry["metadataKey"], entry.get("language")) for entry in given)


def check_text_search(given: list[dict[str, str]], mode: str, path: str) -> None:
    """Nothing, or a ValidationError for a repeated key or an index that is not ENHANCED."""
    _check_distinct(path, [configuration["metadataKey"] for configuration in given])
    if given and mode != ENHANCED:
        raise ValidationError.of_field(path, "Text search requires an index in ENHANCED mode")


def tags(request: dict[str, Any]) -> dict[str, str]:
    """The tags of a request that creates something."""
    return checked_tags(request.get("tags", {}))


def checked_tags(given: Mapping[str, str]) -> dict[str, str]:
    """A copy of the tags: at most 50, none under AWS's own prefix (live probes)."""
    if len(given) > MAX_TAGS:
        raise ValidationError.of_field("tags", "Too many tags specified")
    for key in given:
        if key.startswith(SYSTEM_TAG_PREFIX):
            message = "System tags cannot be added/updated by requester"
            raise ValidationError.of_field("tags", message)
        if key.lower().startswith(SYSTEM_TAG_PREFIX):
            message = f'Invalid System Tag: {key} must be prefixed with "aws:" in lowercase.'
            raise ValidationError.of_field("tags", message)
    return dict(given)


def _check_distinct(path: str, keys: list[str]) -> None:
    if len(set(keys)) < len(keys):
        raise ValidationError.of_field(path, f"Metadata keys must be unique: {', '.join(keys)}")

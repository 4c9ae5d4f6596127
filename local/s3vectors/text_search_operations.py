"""UpdateMetadataConfiguration."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from local.s3vectors.errors import ConflictError, IndexNotFoundError, ValidationError
from local.s3vectors.index_settings import ACTIVE, BUILDING, TextSearch
from local.s3vectors.settings import check_text_search

if TYPE_CHECKING:
    from local.s3vectors.account import Account
    from local.s3vectors.index_settings import IndexSettings

MAX_SEARCHABLE_KEYS = 10

ADD_PATH = "add.textSearchConfigurations"
DELETE_PATH = "delete.textSearchConfigurations"


def update_metadata_configuration(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """The ARN of the index, which has more text search configurations, or fewer.

    What is added is BUILDING until the texts that were there before are indexed, in the
    background; what is put meanwhile is indexed at once.
    """
    if ("add" in request) == ("delete" in request):
        raise ValidationError("Must specify either add or delete, but not both")
    names = account.place.addressed_index(request)
    if "delete" in request:
        keys = [e["metadataKey"] for e in request["delete"].get("textSearchConfigurations", [])]
        index = account.change_index(*names, lambda settings: _without(settings, keys))
        return {"indexArn": index.settings.arn}

    added = request["add"].get("textSearchConfigurations", [])
    new = tuple(TextSearch(e["metadataKey"], e.get("language"), BUILDING) for e in added)

    def with_new(settings: IndexSettings) -> IndexSettings:
        check_text_search(added, settings.mode, ADD_PATH)
        _check_addable(settings, new)
        return replace(settings, text_search=settings.text_search + new)

    index = account.change_index(*names, with_new)

    def build() -> None:
        for text in new:
            index.backfill(text.metadata_key)
        with contextlib.suppress(IndexNotFoundError):  # it was deleted meanwhile
            account.change_index(*names, lambda settings: _with_built(settings, new))

    account.background(build)
    return {"indexArn": index.settings.arn}


def _check_addable(settings: IndexSettings, new: tuple[TextSearch, ...]) -> None:
    searchable = {text.metadata_key for text in settings.text_search}
    for text in new:
        if text.metadata_key in searchable:
            message = f"Metadata key {text.metadata_key} is already full-text searchable"
            raise ConflictError(message)
    if len(searchable) + len(new) > MAX_SEARCHABLE_KEYS:
        message = f"An index has at most {MAX_SEARCHABLE_KEYS} full-text searchable keys"
        raise ValidationError.of_field(ADD_PATH, message)


def _with_built(settings: IndexSettings, built: tuple[TextSearch, ...]) -> IndexSettings:
    # By identity: a key may have been deleted and added again meanwhile.
    identities = set(map(id, built))
    active = tuple(
        replace(text, status=ACTIVE) if id(text) in identities else text
        for text in settings.text_search
    )
    return replace(settings, text_search=active)


def _without(settings: IndexSettings, keys: list[str]) -> IndexSettings:
    searchable = {text.metadata_key for text in settings.text_search}
    for key in keys:
        if key not in searchable:
            message = f"Metadata key {key} is not full-text searchable"
            raise ValidationError.of_field(DELETE_PATH, message)
    kept = tuple(text for text in settings.text_search if text.metadata_key not in keys)
    return replace(settings, text_search=kept)

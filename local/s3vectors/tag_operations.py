"""TagResource, UntagResource and ListTagsForResource."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from local.s3vectors.settings import checked_tags

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.s3vectors.account import Account

    Tags = Mapping[str, str]


def tag_resource(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Nothing; the tags are added, those of the same key replaced, if at most 50 result."""
    checked_tags(request["tags"])
    _change(account, request, lambda tags: checked_tags({**tags, **request["tags"]}))
    return {}


def untag_resource(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Nothing; tags of the keys are gone, those that were not there too."""
    removed = set(request["tagKeys"])
    _change(account, request, lambda tags: {k: v for k, v in tags.items() if k not in removed})
    return {}


def list_tags_for_resource(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """All tags of a vector bucket or index."""
    bucket, index = account.place.addressed_resource(request)
    if index is None:
        return {"tags": dict(account.vector_bucket(bucket).tags)}
    return {"tags": dict(account.index(bucket, index).settings.tags)}


def _change(account: Account, request: dict[str, Any], change: Callable[[Tags], Tags]) -> None:
    bucket, index = account.place.addressed_resource(request)
    if index is None:
        account.change_vector_bucket(bucket, lambda b: replace(b, tags=change(b.tags)))
    else:
        account.change_index(bucket, index, lambda i: replace(i, tags=change(i.tags)))

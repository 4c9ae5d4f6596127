"""PutVectorBucketDefaultIndexMode and UpdateIndexMode."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from local.s3vectors.errors import ValidationError
from local.s3vectors.modes import CLASSIC, check_mode

if TYPE_CHECKING:
    from local.s3vectors.account import Account, VectorBucket
    from local.s3vectors.index_settings import IndexSettings


def put_vector_bucket_default_index_mode(
    account: Account, request: dict[str, Any]
) -> dict[str, Any]:
    """Nothing; indexes created from now on have the mode, existing ones keep theirs."""
    mode = request["defaultIndexMode"]

    def changed(bucket: VectorBucket) -> VectorBucket:
        check_mode(mode, bucket, "defaultIndexMode")
        return replace(bucket, default_index_mode=mode)

    account.change_vector_bucket(account.place.addressed_vector_bucket(request), changed)
    return {}


def update_index_mode(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Nothing; the index has the mode, in place.

    An index with text search stays ENHANCED: text search requires it.
    """
    mode = request["indexMode"]
    bucket_name, index_name = account.place.addressed_index(request)

    def changed(settings: IndexSettings) -> IndexSettings:
        check_mode(mode, account.vector_bucket(bucket_name), "indexMode")
        if mode == CLASSIC and settings.text_search:
            message = "An index with text search configurations must be in ENHANCED mode"
            raise ValidationError.of_field("indexMode", message)
        return replace(settings, mode=mode)

    account.change_index(bucket_name, index_name, changed)
    return {}

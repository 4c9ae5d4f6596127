"""CreateVectorBucket, GetVectorBucket, ListVectorBuckets and DeleteVectorBucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.s3vectors import settings
from local.s3vectors.account import Account, VectorBucket
from local.s3vectors.modes import first_default_mode
from local.s3vectors.name_pages import name_page
from local.s3vectors.names import checked_vector_bucket_name

if TYPE_CHECKING:
    from collections.abc import Mapping


def create_vector_bucket(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """A new, empty vector bucket."""
    name = checked_vector_bucket_name(request["vectorBucketName"])
    creation_time = account.clock()
    bucket = VectorBucket(
        name=name,
        arn=account.place.vector_bucket_arn(name),
        creation_time=creation_time,
        default_index_mode=first_default_mode(creation_time),
        encryption=settings.encryption(request),
        tags=settings.tags(request),
    )
    account.add_vector_bucket(bucket)
    return {"vectorBucketArn": bucket.arn}


def get_vector_bucket(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """The attributes of one vector bucket."""
    bucket = account.vector_bucket(account.place.addressed_vector_bucket(request))
    return {
        "vectorBucket": {
            **_summary(bucket),
            "encryptionConfiguration": dict(bucket.encryption),
            "defaultIndexMode": bucket.default_index_mode,
        }
    }


def list_vector_buckets(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """A page of vector buckets, by name."""
    summaries = {bucket.name: _summary(bucket) for bucket in account.vector_buckets()}
    page, token = name_page(account.tokens, ["ListVectorBuckets"], request, summaries)
    return {"vectorBuckets": page} | token


def delete_vector_bucket(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Nothing; the vector bucket, which must be empty, is gone."""
    account.remove_vector_bucket(account.place.addressed_vector_bucket(request))
    return {}


def _summary(bucket: VectorBucket) -> Mapping[str, Any]:
    return {
        "vectorBucketName": bucket.name,
        "vectorBucketArn": bucket.arn,
        "creationTime": bucket.creation_time,
    }

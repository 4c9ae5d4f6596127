"""CreateIndex, GetIndex, ListIndexes and DeleteIndex."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.s3vectors import settings
from local.s3vectors.index import VectorIndex
from local.s3vectors.index_settings import IndexSettings
from local.s3vectors.name_pages import name_page
from local.s3vectors.names import checked_index_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.s3vectors.account import Account


def create_index(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """A new, empty index in an existing vector bucket, whose encryption it takes by default."""
    bucket_name = account.place.addressed_vector_bucket(request)
    name = checked_index_name(request["indexName"])
    bucket = account.vector_bucket(bucket_name)
    index = VectorIndex(
        IndexSettings(
            vector_bucket_name=bucket.name,
            name=name,
            arn=account.place.index_arn(bucket.name, name),
            creation_time=account.clock(),
            dimension=request["dimension"],
            distance_metric=request["distanceMetric"],
            mode=bucket.default_index_mode,
            non_filterable_keys=settings.non_filterable_keys(request),
            text_search=settings.text_search(request, bucket.default_index_mode),
            encryption=settings.encryption(request, default=bucket.encryption),
            tags=settings.tags(request),
        ),
        account.journal,
    )
    account.add_index(index)
    return {"indexArn": index.settings.arn}


def get_index(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """The attributes of one index."""
    index = account.index(*account.place.addressed_index(request)).settings
    answer = {
        **_summary(index),
        "dataType": "float32",
        "dimension": index.dimension,
        "distanceMetric": index.distance_metric,
        "encryptionConfiguration": dict(index.encryption),
        "indexMode": index.mode,
    }
    if index.non_filterable_keys:
        answer["metadataConfiguration"] = {
            "nonFilterableMetadataKeys": list(index.non_filterable_keys)
        }
    if index.text_search:
        configuration = answer.setdefault("metadataConfiguration", {})
        configuration["textSearchConfigurations"] = [
            {"metadataKey": text.metadata_key, "status": text.status}
            | ({"language": text.language} if text.language else {})
            for text in index.text_search
        ]
    return {"index": answer}


def list_indexes(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """A page of the indexes of a vector bucket, by name."""
    bucket = account.place.addressed_vector_bucket(request)
    indexes = account.indexes(bucket)
    summaries = {index.settings.name: _summary(index.settings) for index in indexes}
    page, token = name_page(account.tokens, ["ListIndexes", bucket], request, summaries)
    return {"indexes": page} | token


def delete_index(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Nothing; the index and its vectors are gone."""
    account.remove_index(*account.place.addressed_index(request))
    return {}


def _summary(index: IndexSettings) -> Mapping[str, Any]:
    return {
        "vectorBucketName": index.vector_bucket_name,
        "indexName": index.name,
        "indexArn": index.arn,
        "creationTime": index.creation_time,
    }

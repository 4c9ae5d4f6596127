"""The 22 operations of the service, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.s3vectors.bucket_operations import (
    create_vector_bucket,
    delete_vector_bucket,
    get_vector_bucket,
    list_vector_buckets,
)
from local.s3vectors.index_operations import create_index, delete_index, get_index, list_indexes
from local.s3vectors.mode_operations import (
    put_vector_bucket_default_index_mode,
    update_index_mode,
)
from local.s3vectors.policy_operations import (
    delete_vector_bucket_policy,
    get_vector_bucket_policy,
    put_vector_bucket_policy,
)
from local.s3vectors.query_operation import query_vectors
from local.s3vectors.tag_operations import (
    list_tags_for_resource,
    tag_resource,
    untag_resource,
)
from local.s3vectors.text_search_operations import update_metadata_configuration
from local.s3vectors.vector_operations import (
    delete_vectors,
    get_vectors,
    list_vectors,
    put_vectors,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.s3vectors.account import Account

OPERATIONS: Mapping[str, Callable[[Account, dict[str, Any]], dict[str, Any]]] = {
    "CreateIndex": create_index,
    "CreateVectorBucket": create_vector_bucket,
    "DeleteIndex": delete_index,
    "DeleteVectorBucket": delete_vector_bucket,
    "DeleteVectorBucketPolicy": delete_vector_bucket_policy,
    "DeleteVectors": delete_vectors,
    "GetIndex": get_index,
    "GetVectorBucket": get_vector_bucket,
    "GetVectorBucketPolicy": get_vector_bucket_policy,
    "GetVectors": get_vectors,
    "ListIndexes": list_indexes,
    "ListTagsForResource": list_tags_for_resource,
    "ListVectorBuckets": list_vector_buckets,
    "ListVectors": list_vectors,
    "PutVectorBucketDefaultIndexMode": put_vector_bucket_default_index_mode,
    "PutVectorBucketPolicy": put_vector_bucket_policy,
    "PutVectors": put_vectors,
    "QueryVectors": query_vectors,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "UpdateIndexMode": update_index_mode,
    "UpdateMetadataConfiguration": update_metadata_configuration,
}

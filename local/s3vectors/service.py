"""Amazon S3 Vectors, in process."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local.s3vectors.account import Account
from local.s3vectors.bucket_operations import (
    create_vector_bucket,
    delete_vector_bucket,
    get_vector_bucket,
    list_vector_buckets,
)
from local.s3vectors.errors import UnknownOperationError
from local.s3vectors.index_operations import create_index, delete_index, get_index, list_indexes
from local.s3vectors.names import Place
from local.s3vectors.paging import PageTokens
from local.s3vectors.query_operation import query_vectors
from local.s3vectors.requests import read_request
from local.s3vectors.vector_operations import (
    delete_vectors,
    get_vectors,
    list_vectors,
    put_vectors,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OPERATIONS: Mapping[str, Callable[[Account, dict[str, Any]], dict[str, Any]]] = {
    "CreateIndex": create_index,
    "CreateVectorBucket": create_vector_bucket,
    "DeleteIndex": delete_index,
    "DeleteVectorBucket": delete_vector_bucket,
    "DeleteVectors": delete_vectors,
    "GetIndex": get_index,
    "GetVectorBucket": get_vector_bucket,
    "GetVectors": get_vectors,
    "ListIndexes": list_indexes,
    "ListVectorBuckets": list_vector_buckets,
    "ListVectors": list_vectors,
    "PutVectors": put_vectors,
    "QueryVectors": query_vectors,
}


def current_second() -> datetime:
    """The time, to the second, as the service states creation times."""
    return datetime.now(UTC).replace(microsecond=0)


class S3VectorsService:
    """The S3 Vectors of one account in one region, held in memory; safe to call from any thread."""

    def __init__(
        self,
        *,
        region: str = "us-east-1",
        account_id: str = "123456789012",
        clock: Callable[[], datetime] = current_second,
    ) -> None:
        tokens = PageTokens(secrets.token_bytes(32))
        self._account = Account(Place(region, account_id), clock, tokens)

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request, both shaped as a botocore client's; raises S3VectorsError."""
        perform = OPERATIONS.get(operation)
        if perform is None:
            raise UnknownOperationError(f"S3 Vectors has no operation {operation}")
        return perform(self._account, read_request(operation, request))

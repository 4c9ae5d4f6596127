"""Names and ARNs of vector buckets and indexes, and the two ways to address them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from local.s3vectors.errors import (
    IndexNotFoundError,
    ValidationError,
    VectorBucketNotFoundError,
)

VECTOR_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
INDEX_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
RESOURCE_ARN = re.compile(
    r"arn:aws[-a-z0-9]*:s3vectors:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12})"
    rf":bucket/(?P<bucket>{VECTOR_BUCKET_NAME.pattern})(/index/(?P<index>{INDEX_NAME.pattern}))?"
)


@dataclass(frozen=True, slots=True)
class Place:
    """The account and region that all resources of a service are in."""

    region: str
    account_id: str

    def vector_bucket_arn(self, vector_bucket_name: str) -> str:
        """``arn:aws:s3vectors:{region}:{account}:bucket/{name}``."""
        return f"arn:aws:s3vectors:{self.region}:{self.account_id}:bucket/{vector_bucket_name}"

    def index_arn(self, vector_bucket_name: str, index_name: str) -> str:
        """The vector bucket's ARN with ``/index/{name}``."""
        return f"{self.vector_bucket_arn(vector_bucket_name)}/index/{index_name}"

    def addressed_vector_bucket(self, request: dict[str, Any]) -> str:
        """The name of the vector bucket that a request means.

        Raises ValidationError when it gives neither or both of name and ARN, or a bad name, and
        VectorBucketNotFoundError for an ARN of another account or region.
        """
        name: str | None = request.get("vectorBucketName")
        arn: str | None = request.get("vectorBucketArn")
        if name is not None and arn is None:
            return checked_vector_bucket_name(name)
        if arn is None or name is not None:
            raise ValidationError("Must specify either vectorBucketName or vectorBucketArn")
        prefix = self.vector_bucket_arn("")
        if not arn.startswith(prefix):
            raise VectorBucketNotFoundError
        return arn.removeprefix(prefix)

    def addressed_index(self, request: dict[str, Any]) -> tuple[str, str]:
        """The names of the vector bucket and the index that a request means.

        Raises ValidationError unless it gives the ARN alone or both names (the rule and its
        message were verified on AWS by moto's tests), and IndexNotFoundError for an ARN of
        another account or region.
        """
        bucket: str | None = request.get("vectorBucketName")
        index: str | None = request.get("indexName")
        arn: str | None = request.get("indexArn")
        if bucket is not None and index is not None and arn is None:
            return checked_vector_bucket_name(bucket), checked_index_name(index)
        if arn is None or bucket is not None or index is not None:
            raise ValidationError(
                "Must specify either indexArn or both vectorBucketName and indexName"
            )
        prefix = self.vector_bucket_arn("")
        if not arn.startswith(prefix):
            raise IndexNotFoundError
        bucket, _, index = arn.removeprefix(prefix).partition("/index/")
        return bucket, index

    def addressed_resource(self, request: dict[str, Any]) -> tuple[str, str | None]:
        """The names of the vector bucket and, for an index's ARN, of the index that are tagged.

        Raises ValidationError for another kind of ARN, and VectorBucketNotFoundError for one of
        another account or region.
        """
        arn: str = request["resourceArn"]
        match = RESOURCE_ARN.fullmatch(arn)
        if match is None:
            raise ValidationError.of_field("resourceArn", "Invalid resource ARN")
        if match["region"] != self.region or match["account"] != self.account_id:
            raise VectorBucketNotFoundError
        return match["bucket"], match["index"]


def checked_vector_bucket_name(name: str) -> str:
    """The name, if it is 3-63 of a-z, 0-9 and hyphen with alphanumeric ends."""
    if not VECTOR_BUCKET_NAME.fullmatch(name):
        raise ValidationError.of_field("vectorBucketName", "Invalid vector bucket name")
    return name


def checked_index_name(name: str) -> str:
    """The name, if it is 3-63 of a-z, 0-9, hyphen and dot with alphanumeric ends."""
    if not INDEX_NAME.fullmatch(name):
        raise ValidationError.of_field("indexName", "Invalid index name")
    return name

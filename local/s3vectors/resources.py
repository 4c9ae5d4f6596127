"""The resource that a request is about, whether it exists or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.s3vectors.names import Place

EVERYTHING = "*"


def resource_arn(place: Place, request: dict[str, Any]) -> str:
    """The ARN that a request is authorized on: of an index, a vector bucket, or ``*``.

    CreateIndex is authorized on the ARN of the index to be, ListVectorBuckets on ``*``.
    """
    for member in ("resourceArn", "indexArn"):
        if isinstance(request.get(member), str):
            return str(request[member])
    bucket_arn = request.get("vectorBucketArn")
    if not isinstance(bucket_arn, str):
        if not isinstance(request.get("vectorBucketName"), str):
            return EVERYTHING
        bucket_arn = place.vector_bucket_arn(request["vectorBucketName"])
    index = request.get("indexName")
    return f"{bucket_arn}/index/{index}" if isinstance(index, str) else bucket_arn

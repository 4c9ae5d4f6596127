"""Requests that tests of the in-process service share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.s3vectors import S3VectorsService

BUCKET = {"vectorBucketName": "vectors"}
INDEX = {**BUCKET, "indexName": "chunk"}


def create_index(service: S3VectorsService, dimension: int = 2, **settings: Any) -> None:
    service.call("CreateVectorBucket", BUCKET)
    request = {"dataType": "float32", "dimension": dimension, "distanceMetric": "cosine"}
    service.call("CreateIndex", {**INDEX, **request, **settings})


def vector(key: str, *values: float, **metadata: Any) -> dict[str, Any]:
    return {"key": key, "data": {"float32": list(values)}, "metadata": metadata}


def put(service: S3VectorsService, *vectors: dict[str, Any]) -> None:
    service.call("PutVectors", {**INDEX, "vectors": list(vectors)})


def get(service: S3VectorsService, *keys: str) -> dict[str, dict[str, Any]]:
    request = {**INDEX, "keys": list(keys), "returnData": True, "returnMetadata": True}
    return {v["key"]: v for v in service.call("GetVectors", request)["vectors"]}


def query(service: S3VectorsService, *values: float, **settings: Any) -> dict[str, Any]:
    request = {"topK": 10, "queryVector": {"float32": list(values)}, "returnDistance": True}
    return service.call("QueryVectors", {**INDEX, **request, **settings})


def keys_of(answer: dict[str, Any]) -> list[str]:
    return [v["key"] for v in answer["vectors"]]

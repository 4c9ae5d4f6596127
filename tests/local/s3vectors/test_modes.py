from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.s3vectors import S3VectorsService
from local.s3vectors.errors import (
    IndexNotFoundError,
    InvalidFilterError,
    ValidationError,
    VectorBucketNotFoundError,
)
from tests.local.s3vectors.calls import (
    BUCKET,
    INDEX,
    create_index,
    keys_of,
    put,
    query,
    vector,
)

SINCE = datetime(2026, 9, 30, tzinfo=UTC)


@pytest.fixture
def old() -> S3VectorsService:
    """A service whose vector buckets are old enough for CLASSIC."""
    service = S3VectorsService(clock=lambda: SINCE - timedelta(seconds=1))
    create_index(service)
    return service


def mode(service: S3VectorsService, index: str = "chunk") -> Any:
    return service.call("GetIndex", {**INDEX, "indexName": index})["index"]["indexMode"]


def set_mode(service: S3VectorsService, mode: str) -> None:
    service.call("UpdateIndexMode", {**INDEX, "indexMode": mode})


def test_an_old_vector_bucket_is_classic_until_its_default_changes(
    old: S3VectorsService,
) -> None:
    assert old.call("GetVectorBucket", BUCKET)["vectorBucket"]["defaultIndexMode"] == "CLASSIC"
    old.call("PutVectorBucketDefaultIndexMode", {**BUCKET, "defaultIndexMode": "ENHANCED"})
    request = {"dataType": "float32", "dimension": 2, "distanceMetric": "cosine"}
    old.call("CreateIndex", {**INDEX, "indexName": "later", **request})

    assert old.call("GetVectorBucket", BUCKET)["vectorBucket"]["defaultIndexMode"] == "ENHANCED"
    assert (mode(old), mode(old, "later")) == ("CLASSIC", "ENHANCED")


def test_an_index_of_an_old_vector_bucket_changes_mode_both_ways(old: S3VectorsService) -> None:
    put(old, vector("a", 1, 0))

    modes = []
    for wanted in ("ENHANCED", "CLASSIC"):
        set_mode(old, wanted)
        modes.append(mode(old))

    assert modes == ["ENHANCED", "CLASSIC"]
    assert keys_of(query(old, 1, 0)) == ["a"]


def test_a_vector_bucket_of_30_september_2026_or_later_is_enhanced_for_ever() -> None:
    service = S3VectorsService(clock=lambda: SINCE)
    create_index(service)

    assert mode(service) == "ENHANCED"
    set_mode(service, "ENHANCED")
    with pytest.raises(ValidationError, match="created before September 30, 2026"):
        set_mode(service, "CLASSIC")
    with pytest.raises(ValidationError, match="created before September 30, 2026"):
        service.call("PutVectorBucketDefaultIndexMode", {**BUCKET, "defaultIndexMode": "CLASSIC"})


def test_a_mode_belongs_to_something_that_exists(service: S3VectorsService) -> None:
    with pytest.raises(VectorBucketNotFoundError):
        service.call("PutVectorBucketDefaultIndexMode", {**BUCKET, "defaultIndexMode": "ENHANCED"})
    with pytest.raises(IndexNotFoundError):
        set_mode(service, "ENHANCED")
    with pytest.raises(ValidationError, match="enum value set"):
        set_mode(service, "FAST")


def test_classic_filters_only_the_nearest_so_it_may_return_too_little(
    old: S3VectorsService,
) -> None:
    put(old, *(vector(str(i), 100, i, late=i >= 18) for i in range(40)))
    request: dict[str, Any] = {"topK": 2, "filter": {"late": True}}

    assert keys_of(query(old, 1, 0, **request | {"topK": 1})) == []
    assert keys_of(query(old, 1, 0, **request)) == ["18", "19"]
    assert keys_of(query(old, 1, 0, topK=3, filter={"late": {"$ne": False}})) == ["18", "19", "20"]
    assert keys_of(query(old, 1, 0, topK=1)) == ["0"]


def test_one_query_of_a_classic_index_may_be_enhanced(old: S3VectorsService) -> None:
    put(old, *(vector(str(i), 100, i, late=i >= 18, s="ab") for i in range(40)))
    request: dict[str, Any] = {"topK": 1, "filter": {"late": True}, "queryMode": "ENHANCED"}
    prefix: dict[str, Any] = {"filter": {"s": {"$startsWith": "a"}}}

    assert keys_of(query(old, 1, 0, **request)) == ["18"]
    assert len(keys_of(query(old, 1, 0, **prefix, queryMode="ENHANCED"))) == 10
    with pytest.raises(InvalidFilterError):
        query(old, 1, 0, **prefix)


def test_classic_takes_more_than_100_constraints_and_enhanced_does_not(
    old: S3VectorsService,
) -> None:
    put(old, vector("a", 1, 0, n=1))
    request: dict[str, Any] = {"filter": {"n": {"$in": list(range(101))}}}

    assert keys_of(query(old, 1, 0, **request)) == ["a"]
    with pytest.raises(InvalidFilterError):
        query(old, 1, 0, **request, queryMode="ENHANCED")


def test_classic_results_come_in_pages_too(old: S3VectorsService) -> None:
    put(old, *(vector(f"{i:03}", 1000, i, even=i % 2 == 0) for i in range(400)))
    request: dict[str, Any] = {"topK": 150, "filter": {"even": True}}

    first = query(old, 1, 0, **request)
    second = query(old, 1, 0, **request, nextToken=first["nextToken"])

    assert keys_of(first) + keys_of(second) == [f"{i:03}" for i in range(0, 300, 2)]
    assert "nextToken" not in second


def test_text_search_requires_enhanced_mode(old: S3VectorsService) -> None:
    searchable = {"textSearchConfigurations": [{"metadataKey": "value"}]}
    texts = [{"text": "x", "metadataKey": "value"}]
    request = {"dataType": "float32", "dimension": 2, "distanceMetric": "cosine"}

    with pytest.raises(ValidationError, match="requires an index in ENHANCED mode"):
        old.call("UpdateMetadataConfiguration", {**INDEX, "add": searchable})
    index = {**INDEX, **request, "indexName": "text", "metadataConfiguration": searchable}
    with pytest.raises(ValidationError, match="requires an index in ENHANCED mode"):
        old.call("CreateIndex", index)
    with pytest.raises(ValidationError, match="requires an index in ENHANCED mode"):
        query(old, 1, 0, queryTexts=texts, queryMode="ENHANCED")
    set_mode(old, "ENHANCED")
    old.call("UpdateMetadataConfiguration", {**INDEX, "add": searchable})
    with pytest.raises(ValidationError, match="must be in ENHANCED mode"):
        set_mode(old, "CLASSIC")

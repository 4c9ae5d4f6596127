"""What is known of Amazon S3 Vectors, over the wire with a plain botocore client.

``pytest tests/local/s3vectors/test_conformance.py --aws`` asks AWS itself. Nothing here is a guess:
every rule is in the service model, documented, or was seen by others on the live service.
"""

from __future__ import annotations

import math
import time
import uuid
from contextlib import closing
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.s3vectors import LocalServer, S3VectorsService

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ACTIVE_WITHIN_SECONDS = 300

VALIDATION = ("ValidationException", 400)


@pytest.fixture(scope="module")
def s3vectors(request: pytest.FixtureRequest) -> Iterator[Any]:
    # Wrong requests are to reach the service.
    config = Config(
        retries={"total_max_attempts": 5, "mode": "standard"}, parameter_validation=False
    )
    session = botocore.session.Session()
    if request.config.getoption("aws", default=False):
        with closing(session.create_client("s3vectors", config=config)) as client:
            yield client
        return
    session.set_credentials("local", "local")
    with LocalServer(S3VectorsService()) as server:
        local = session.create_client(
            "s3vectors", region_name="us-east-1", endpoint_url=server.url, config=config
        )
        with closing(local) as client:
            yield client


@pytest.fixture(scope="module")
def bucket(s3vectors: Any) -> Iterator[str]:
    name = f"conformance-{uuid.uuid4().hex[:12]}"
    s3vectors.create_vector_bucket(vectorBucketName=name)
    yield name
    for index in s3vectors.list_indexes(vectorBucketName=name)["indexes"]:
        s3vectors.delete_index(indexArn=index["indexArn"])
    s3vectors.delete_vector_bucket(vectorBucketName=name)


@pytest.fixture(scope="module")
def make_index(s3vectors: Any, bucket: str) -> Callable[..., dict[str, str]]:
    def make(metric: str = "cosine", **settings: Any) -> dict[str, str]:
        place = {"vectorBucketName": bucket, "indexName": f"i-{uuid.uuid4().hex[:8]}"}
        given = {"dataType": "float32", "dimension": 2, "distanceMetric": metric, **settings}
        s3vectors.create_index(**place, **given)
        return place

    return make


@pytest.fixture(scope="module")
def index(s3vectors: Any, make_index: Callable[..., dict[str, str]]) -> dict[str, str]:
    """Vectors at 0, 45, 90 and 180 degrees, of several kinds of metadata."""
    place = make_index(metadataConfiguration={"nonFilterableMetadataKeys": ["text"]})
    s3vectors.put_vectors(
        **place,
        vectors=[
            vector("east", 1, 0, n=1, s="abc", flag=True, text="a"),
            vector("north-east", 2, 2, n=2, s="abd", tags=["x", "y"]),
            vector("north", 0, 3, n=3, flag="true", tags=["y"], numbers=[1, 2]),
            vector("west", -1, 0, n=4.5, s=""),
        ],
    )
    return place


def vector(key: str, *values: float, **metadata: Any) -> dict[str, Any]:
    return {"key": key, "data": {"float32": list(values)}, "metadata": metadata}


def refusal(call: Callable[..., Any], **request: Any) -> tuple[str, int, str]:
    """Code, HTTP status and message of the error that a call is answered with."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    response = caught.value.response
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    return response["Error"]["Code"], status, response["Error"]["Message"]


def query(s3vectors: Any, place: dict[str, str], **request: Any) -> list[dict[str, Any]]:
    given = {"topK": 10, "queryVector": {"float32": [1, 0]}, **request}
    found: list[dict[str, Any]] = s3vectors.query_vectors(**place, **given)["vectors"]
    return found


def keys(vectors: list[dict[str, Any]]) -> list[str]:
    return [found["key"] for found in vectors]


def test_a_vector_bucket_is_described(s3vectors: Any, bucket: str) -> None:
    described = s3vectors.get_vector_bucket(vectorBucketName=bucket)["vectorBucket"]

    assert described["vectorBucketName"] == bucket
    assert described["vectorBucketArn"].endswith(f":bucket/{bucket}")
    assert described["encryptionConfiguration"] == {"sseType": "AES256"}
    assert described["defaultIndexMode"] == "ENHANCED"
    assert bucket in [
        b["vectorBucketName"] for b in s3vectors.list_vector_buckets(prefix=bucket)["vectorBuckets"]
    ]


def test_an_index_is_described(s3vectors: Any, index: dict[str, str]) -> None:
    described = s3vectors.get_index(**index)["index"]

    assert described["dimension"] == 2
    assert described["distanceMetric"] == "cosine"
    assert described["dataType"] == "float32"
    assert described["indexMode"] == "ENHANCED"
    assert described["metadataConfiguration"]["nonFilterableMetadataKeys"] == ["text"]
    assert s3vectors.get_index(indexArn=described["indexArn"])["index"] == described


@pytest.mark.parametrize("name", ["ab", "x" * 64, "Upper", "under_score", "-dash", "dash-"])
def test_a_bad_name_is_a_validation_error(s3vectors: Any, bucket: str, name: str) -> None:
    settings = {"dataType": "float32", "dimension": 2, "distanceMetric": "cosine"}

    assert refusal(s3vectors.create_vector_bucket, vectorBucketName=name)[:2] == VALIDATION
    place = {"vectorBucketName": bucket, "indexName": name}
    assert refusal(s3vectors.create_index, **place, **settings)[:2] == VALIDATION


def test_an_index_is_addressed_in_one_way(s3vectors: Any, index: dict[str, str]) -> None:
    arn = s3vectors.get_index(**index)["index"]["indexArn"]

    error = refusal(s3vectors.get_index, **index, indexArn=arn)

    message = "Must specify either indexArn or both vectorBucketName and indexName"
    assert error == (*VALIDATION, message)


def test_what_is_absent_is_not_found(s3vectors: Any, bucket: str) -> None:
    no_index = ("NotFoundException", 404, "The specified index could not be found")
    no_bucket = ("NotFoundException", 404, "The specified vector bucket could not be found")
    place = {"vectorBucketName": bucket, "indexName": "absent"}
    nowhere = f"absent-{uuid.uuid4().hex}"

    assert refusal(s3vectors.get_index, **place) == no_index
    assert refusal(s3vectors.delete_index, **place) == no_index
    assert refusal(s3vectors.get_index, **place | {"vectorBucketName": nowhere}) == no_index
    assert refusal(s3vectors.get_vector_bucket, vectorBucketName=nowhere) == no_bucket


def test_a_name_is_taken_once(s3vectors: Any, bucket: str, index: dict[str, str]) -> None:
    settings = {"dataType": "float32", "dimension": 9, "distanceMetric": "euclidean"}

    error = refusal(s3vectors.create_index, **index, **settings)

    message = "An index with the specified name already exists"
    assert error == ("ConflictException", 409, message)
    code = refusal(s3vectors.create_vector_bucket, vectorBucketName=bucket)[0]
    assert code == "ConflictException"


def test_a_vector_bucket_with_indexes_stays(s3vectors: Any, index: dict[str, str]) -> None:
    name = index["vectorBucketName"]

    error = refusal(s3vectors.delete_vector_bucket, vectorBucketName=name)

    assert error == ("ConflictException", 409, "The specified vector bucket is not empty")


def test_putting_replaces_and_writes_are_seen_at_once(
    s3vectors: Any, make_index: Callable[..., dict[str, str]]
) -> None:
    place = make_index()
    s3vectors.put_vectors(**place, vectors=[vector("a", 1, 0, n=1, m=2), vector("A", 0, 1)])
    s3vectors.put_vectors(**place, vectors=[vector("a", 0, 1, n=3)])

    both = {"returnData": True, "returnMetadata": True}
    found = s3vectors.get_vectors(**place, keys=["a", "absent"], **both)["vectors"]
    assert found == [{"key": "a", "data": {"float32": [0, 1]}, "metadata": {"n": 3}}]
    s3vectors.delete_vectors(**place, keys=["a", "absent"])
    assert keys(s3vectors.list_vectors(**place)["vectors"]) == ["A"]
    assert keys(query(s3vectors, place)) == ["A"]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (vector("bad", 1), "vector must have length 2, but has length 1"),
        (
            vector("bad", 1, 0, f="x" * 2036),
            "Filterable metadata must have at most 2048 bytes",
        ),
        (
            vector("bad", 1, 0, text="x" * 40945),
            "Metadata object must have at most 40960 bytes",
        ),
        (
            vector("bad", 1, 0, **{f"k{i}": 0 for i in range(51)}),
            "Metadata object must have at most 50 keys",
        ),
    ],
)
def test_one_bad_vector_fails_the_batch(
    s3vectors: Any, index: dict[str, str], bad: dict[str, Any], message: str
) -> None:
    error = refusal(s3vectors.put_vectors, **index, vectors=[vector("good", 1, 0), bad])

    assert error == (*VALIDATION, f"Invalid record for key 'bad': {message}")
    assert s3vectors.get_vectors(**index, keys=["good"])["vectors"] == []


@pytest.mark.parametrize("value", [None, {"a": 1}, [], [1, "a"], [True], [[1]]], ids=repr)
@pytest.mark.parametrize("key", ["f", "text"])
def test_a_value_of_another_kind_is_refused(
    s3vectors: Any, index: dict[str, str], key: str, value: Any
) -> None:
    bad = vector("bad", 1, 0, **{key: value})

    assert refusal(s3vectors.put_vectors, **index, vectors=[bad])[:2] == VALIDATION


def test_metadata_may_have_any_keys_and_just_fit(s3vectors: Any, index: dict[str, str]) -> None:
    metadata = {"": "x", "$eq": 1, "a.b": True, "k" * 100: ["x", "x"], "text": "x" * 40_000}
    full = {"f": "x" * 2035}
    s3vectors.put_vectors(**index, vectors=[vector("odd", 1, 1, **metadata)])
    s3vectors.put_vectors(**index, vectors=[vector("full", 1, 1, **full)])

    found = s3vectors.get_vectors(**index, keys=["odd", "full"], returnMetadata=True)["vectors"]

    s3vectors.delete_vectors(**index, keys=["odd", "full"])
    assert {v["key"]: v["metadata"] for v in found} == {"odd": metadata, "full": full}


@pytest.mark.parametrize("values", [(0, 0), (math.nan, 1), (math.inf, 1), (1e39, 1)])
def test_a_vector_without_a_direction_is_refused(
    s3vectors: Any, index: dict[str, str], values: tuple[Any, ...]
) -> None:
    bad = vector("bad", *values)

    assert refusal(s3vectors.put_vectors, **index, vectors=[bad])[:2] == VALIDATION


@pytest.mark.parametrize(
    ("operation", "member", "most"),
    [
        ("put_vectors", "vectors", 500),
        ("get_vectors", "keys", 100),
        ("delete_vectors", "keys", 500),
    ],
)
def test_a_call_has_its_most_and_at_least_one(
    s3vectors: Any, index: dict[str, str], operation: str, member: str, most: int
) -> None:
    for count in (0, most + 1):
        items = [vector(f"x{i}", 1, 0) if member == "vectors" else f"x{i}" for i in range(count)]
        assert refusal(getattr(s3vectors, operation), **index, **{member: items})[:2] == VALIDATION


@pytest.mark.parametrize(("key", "fits"), [("é" * 512, True), ("é" * 513, False)])
def test_a_key_has_at_most_1024_bytes(
    s3vectors: Any, index: dict[str, str], key: str, fits: bool
) -> None:
    request = {**index, "vectors": [vector(key, 1, 0)]}

    if fits:
        s3vectors.put_vectors(**request)
        s3vectors.delete_vectors(**index, keys=[key])
    else:
        assert refusal(s3vectors.put_vectors, **request)[:2] == VALIDATION


def test_a_lone_surrogate_fails_the_request(s3vectors: Any, index: dict[str, str]) -> None:
    error = refusal(s3vectors.put_vectors, **index, vectors=[vector("a", 1, 0, s="x\ud83d")])

    assert error[:2] == ("SerializationException", 400)


def test_cosine_distance_is_one_minus_similarity(s3vectors: Any, index: dict[str, str]) -> None:
    found = query(s3vectors, index, returnDistance=True)

    assert keys(found) == ["east", "north-east", "north", "west"]
    distances = [v["distance"] for v in found]
    assert distances == pytest.approx([0, 1 - 0.5**0.5, 1, 2], abs=1e-6)
    assert found[0].keys() == {"key", "distance"}


def test_euclidean_distance_grows(
    s3vectors: Any, make_index: Callable[..., dict[str, str]]
) -> None:
    place = make_index("euclidean")
    s3vectors.put_vectors(**place, vectors=[vector(str(i), i, 0) for i in range(4)])

    found = query(s3vectors, place, returnDistance=True)

    assert keys(found)[0] == "1"
    assert keys(found)[-1] == "3"
    assert found[0]["distance"] == 0
    assert found[1]["distance"] == found[2]["distance"] == 1


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        ({"n": 1}, ["east"]),
        ({"n": {"$eq": 3}}, ["north"]),
        ({"n": {"$gte": 2, "$lt": 4.5}}, ["north-east", "north"]),
        ({"n": {"$in": [1, 4.5]}}, ["east", "west"]),
        ({"s": {"$startsWith": "ab"}}, ["east", "north-east"]),
        ({"tags": "y"}, ["north-east", "north"]),
        ({"tags": {"$exists": True}}, ["north-east", "north"]),
        ({"tags": {"$exists": False}}, ["east", "west"]),
        ({"flag": True}, ["east"]),
        ({"flag": "true"}, ["north"]),
        ({"absent": 1}, []),
        ({"n": "1"}, []),
        ({"$and": [{"n": {"$gt": 1}}, {"tags": "x"}]}, ["north-east"]),
        ({"$or": [{"n": 1}, {"tags": "x"}]}, ["east", "north-east"]),
    ],
)
def test_a_filter_chooses(
    s3vectors: Any, index: dict[str, str], filter_: dict[str, Any], expected: list[str]
) -> None:
    assert keys(query(s3vectors, index, filter=filter_)) == expected


@pytest.mark.parametrize(
    "filter_",
    [
        {},
        {"n": 1, "s": "abc"},
        {"$and": [{"n": 1, "s": "abc"}]},
        {"$and": [{"n": 1}], "n": 1},
        {"$and": []},
        {"$not": {"n": 1}},
        {"n": {"$contains": 1}},
        {"n": {"$in": []}},
        {"n": None},
        {"n": [1]},
        {"n": {"$gt": "1"}},
        {"n": {"$gt": True}},
        {"s": {}},
        {"n": {"$and": [{"n": 1}]}},
    ],
)
def test_what_is_no_filter_is_an_invalid_filter(
    s3vectors: Any, index: dict[str, str], filter_: dict[str, Any]
) -> None:
    assert refusal(query, s3vectors=s3vectors, place=index, filter=filter_) == (
        *VALIDATION,
        "Invalid filter",
    )


def test_a_filter_has_at_most_100_constraints(s3vectors: Any, index: dict[str, str]) -> None:
    fits = {"n": {"$in": list(range(100))}}
    exceeds = {"$and": [fits, {"s": "abc"}]}

    assert keys(query(s3vectors, index, filter=fits)) == ["east", "north-east", "north"]
    assert refusal(query, s3vectors=s3vectors, place=index, filter=exceeds)[:2] == VALIDATION


def test_a_non_filterable_key_is_not_filtered(s3vectors: Any, index: dict[str, str]) -> None:
    error = refusal(query, s3vectors=s3vectors, place=index, filter={"text": "a"})

    assert error == (*VALIDATION, "Invalid use of non-filterable metadata in filter")


def test_results_and_listings_come_in_pages(
    s3vectors: Any, make_index: Callable[..., dict[str, str]]
) -> None:
    place = make_index()
    s3vectors.put_vectors(**place, vectors=[vector(f"{i:03}", 100, i) for i in range(120)])
    request = {**place, "topK": 110, "queryVector": {"float32": [1, 0]}}

    first = s3vectors.query_vectors(**request)
    second = s3vectors.query_vectors(**request, nextToken=first["nextToken"])

    assert (len(first["vectors"]), len(second["vectors"])) == (100, 10)
    assert "nextToken" not in second
    assert len(set(keys(first["vectors"] + second["vectors"]))) == 110
    listed = [
        found["key"]
        for segment in range(3)
        for page in s3vectors.get_paginator("list_vectors").paginate(
            **place, segmentCount=3, segmentIndex=segment, PaginationConfig={"PageSize": 20}
        )
        for found in page["vectors"]
    ]
    assert sorted(listed) == [f"{i:03}" for i in range(120)]


@pytest.mark.parametrize(
    "request_",
    [
        {"topK": 0},
        {"topK": 10_001},
        {"queryVector": {"float32": [1]}},
        {"queryVector": {"float32": [0, 0]}},
        {"queryVector": None},
        {"queryMode": "CLASSIC"},
        {"nextToken": "x"},
        {"queryTexts": [{"text": "a", "metadataKey": "text"}]},
    ],
)
def test_a_query_outside_the_rules_is_refused(
    s3vectors: Any, index: dict[str, str], request_: dict[str, Any]
) -> None:
    given = {"topK": 1, "queryVector": {"float32": [1, 0]}, **request_}
    given = {name: value for name, value in given.items() if value is not None}

    assert refusal(s3vectors.query_vectors, **index, **given)[:2] == VALIDATION


@pytest.fixture(scope="module")
def texts(s3vectors: Any, make_index: Callable[..., dict[str, str]]) -> dict[str, str]:
    """An index whose key `text` became searchable after its vectors were put."""
    place = make_index(metadataConfiguration={"nonFilterableMetadataKeys": ["text"]})
    written = {"fox": "The quick brown fox", "dog": "A lazy dog", "both": "Fox and dog"}
    vectors = [vector(k, 1, i, text=text) for i, (k, text) in enumerate(written.items())]
    s3vectors.put_vectors(**place, vectors=vectors)
    added = {"textSearchConfigurations": [{"metadataKey": "text", "language": "en"}]}
    s3vectors.update_metadata_configuration(**place, add=added)
    deadline = time.monotonic() + ACTIVE_WITHIN_SECONDS
    status = "BUILDING"
    while status == "BUILDING" and time.monotonic() < deadline:
        configuration = s3vectors.get_index(**place)["index"]["metadataConfiguration"]
        status = configuration["textSearchConfigurations"][0]["status"]
    assert status == "ACTIVE"
    return place


def by_text(s3vectors: Any, place: dict[str, str], text: str, **request: Any) -> Any:
    texts = [{"text": text, "metadataKey": "text"}]
    return s3vectors.query_vectors(**place, topK=10, queryTexts=texts, **request)["vectors"]


def test_text_is_searched_by_words_and_stems(s3vectors: Any, texts: dict[str, str]) -> None:
    assert set(keys(by_text(s3vectors, texts, "FOXES"))) == {"fox", "both"}
    assert keys(by_text(s3vectors, texts, "quick fox"))[0] == "fox"
    (found,) = by_text(s3vectors, texts, "quick", returnScores=True)
    assert found["scores"].keys() == {"bm25Scores"}
    assert found["scores"]["bm25Scores"][0]["metadataKey"] == "text"


def test_text_and_vector_are_fused(s3vectors: Any, texts: dict[str, str]) -> None:
    vector_ = {"queryVector": {"float32": [1, 2]}}

    found = by_text(s3vectors, texts, "fox dog", returnScores=True, **vector_)

    assert keys(found)[0] == "both"
    assert set(keys(found)) == {"fox", "dog", "both"}
    fused = [v["scores"]["fused"] for v in found]
    assert fused == sorted(fused, reverse=True)
    assert "vectorDistance" in found[0]["scores"]


def test_texts_are_seen_as_soon_as_they_are_put(s3vectors: Any, texts: dict[str, str]) -> None:
    s3vectors.put_vectors(**texts, vectors=[vector("new", 1, 0, text="elephants")])
    assert keys(by_text(s3vectors, texts, "elephant")) == ["new"]

    s3vectors.delete_vectors(**texts, keys=["new"])
    assert by_text(s3vectors, texts, "elephant") == []


def test_tags_are_added_listed_and_removed(s3vectors: Any, index: dict[str, str]) -> None:
    arn = s3vectors.get_index(**index)["index"]["indexArn"]

    s3vectors.tag_resource(resourceArn=arn, tags={"tenant": "a b", "stage": "x"})
    s3vectors.untag_resource(resourceArn=arn, tagKeys=["stage"])

    assert s3vectors.list_tags_for_resource(resourceArn=arn)["tags"] == {"tenant": "a b"}
    error = refusal(s3vectors.tag_resource, resourceArn=arn, tags={"aws:x": "y"})
    assert error == (*VALIDATION, "System tags cannot be added/updated by requester")


def test_an_absent_policy_is_not_found(s3vectors: Any, bucket: str) -> None:
    error = refusal(s3vectors.get_vector_bucket_policy, vectorBucketName=bucket)

    assert error[:2] == ("NotFoundException", 404)


def test_a_young_vector_bucket_and_its_indexes_stay_enhanced(
    s3vectors: Any, bucket: str, index: dict[str, str]
) -> None:
    s3vectors.update_index_mode(**index, indexMode="ENHANCED")

    assert refusal(s3vectors.update_index_mode, **index, indexMode="CLASSIC")[:2] == VALIDATION
    error = refusal(
        s3vectors.put_vector_bucket_default_index_mode,
        vectorBucketName=bucket,
        defaultIndexMode="CLASSIC",
    )
    assert error[:2] == VALIDATION


def test_a_key_and_an_encryption_type_come_together(s3vectors: Any) -> None:
    arn = "arn:aws:kms:us-east-1:123456789012:key/1234"
    for encryption in ({"sseType": "aws:kms"}, {"sseType": "AES256", "kmsKeyArn": arn}):
        name = f"encrypted-{uuid.uuid4().hex[:12]}"
        request = {"vectorBucketName": name, "encryptionConfiguration": encryption}
        assert refusal(s3vectors.create_vector_bucket, **request)[:2] == VALIDATION

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from botocore.session import Session
from hypothesis import given, settings
from hypothesis import strategies as st

from local.s3vectors import S3VectorsError, S3VectorsService
from local.s3vectors.errors import (
    ConflictError,
    IndexNotFoundError,
    NotFoundError,
    SerializationError,
    UnknownOperationError,
    ValidationError,
    VectorBucketNotFoundError,
)
from tests.local.s3vectors.calls import BUCKET, INDEX, create_index, get, keys_of, put, vector

ARN = "arn:aws:s3vectors:us-east-1:123456789012:bucket/vectors"
KEY_ARN = "arn:aws:kms:us-east-1:123456789012:key/1234"
NEW_INDEX = {**INDEX, "dataType": "float32", "dimension": 2, "distanceMetric": "cosine"}


def test_an_index_is_described_as_it_was_created(service: S3VectorsService) -> None:
    configuration = {
        "nonFilterableMetadataKeys": ["value"],
        "textSearchConfigurations": [{"metadataKey": "value", "language": "en"}],
    }
    create_index(service, dimension=3, metadataConfiguration=configuration)

    index = service.call("GetIndex", INDEX)["index"]

    assert index.pop("creationTime").microsecond == 0
    assert index == {
        **INDEX,
        "indexArn": f"{ARN}/index/chunk",
        "dataType": "float32",
        "dimension": 3,
        "distanceMetric": "cosine",
        "encryptionConfiguration": {"sseType": "AES256"},
        "indexMode": "ENHANCED",
        "metadataConfiguration": {
            "nonFilterableMetadataKeys": ["value"],
            "textSearchConfigurations": [
                {"metadataKey": "value", "language": "en", "status": "ACTIVE"}
            ],
        },
    }


def test_a_vector_bucket_is_described_as_it_was_created(service: S3VectorsService) -> None:
    encryption = {"sseType": "aws:kms", "kmsKeyArn": KEY_ARN}
    service.call("CreateVectorBucket", {**BUCKET, "encryptionConfiguration": encryption})
    service.call("CreateIndex", NEW_INDEX)

    bucket = service.call("GetVectorBucket", {"vectorBucketArn": ARN})["vectorBucket"]

    assert bucket["vectorBucketName"] == "vectors"
    assert bucket["encryptionConfiguration"] == encryption
    assert bucket["defaultIndexMode"] == "ENHANCED"
    assert service.call("GetIndex", INDEX)["index"]["encryptionConfiguration"] == encryption


@pytest.mark.parametrize(
    ("encryption", "message"),
    [
        (
            {"sseType": "AES256", "kmsKeyArn": KEY_ARN},
            "kmsKeyArn must not be specified when sseType is AES256.",
        ),
        ({"kmsKeyArn": KEY_ARN}, "kmsKeyArn must not be specified when sseType is AES256."),
        ({"sseType": "aws:kms"}, "kmsKeyArn must be specified when sseType is set to aws:kms"),
    ],
)
def test_a_kms_key_and_its_encryption_type_come_together(
    service: S3VectorsService, encryption: dict[str, str], message: str
) -> None:
    with pytest.raises(ValidationError, match=f"^{message}"):
        service.call("CreateVectorBucket", {**BUCKET, "encryptionConfiguration": encryption})


def test_a_name_is_taken_until_it_is_deleted(service: S3VectorsService) -> None:
    create_index(service)
    put(service, vector("a", 1, 0))

    with pytest.raises(
        ConflictError, match="A vector bucket with the specified name already exists"
    ):
        service.call("CreateVectorBucket", BUCKET)
    with pytest.raises(ConflictError, match="An index with the specified name already exists"):
        service.call("CreateIndex", NEW_INDEX | {"dimension": 9})
    with pytest.raises(ConflictError, match="The specified vector bucket is not empty"):
        service.call("DeleteVectorBucket", BUCKET)
    assert list(get(service, "a")) == ["a"]

    service.call("DeleteIndex", INDEX)
    service.call("DeleteVectorBucket", BUCKET)
    create_index(service)
    assert get(service, "a") == {}


def test_of_two_that_create_an_index_at_once_one_gets_a_conflict(
    service: S3VectorsService,
) -> None:
    service.call("CreateVectorBucket", BUCKET)
    start = threading.Barrier(8)
    outcomes: list[str] = []

    def create() -> None:
        start.wait()
        try:
            service.call("CreateIndex", NEW_INDEX)
            outcomes.append("created")
        except ConflictError:
            outcomes.append("conflict")

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["conflict"] * 7 + ["created"]


@pytest.mark.parametrize("bucket_exists", [True, False])
@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("GetIndex", {}),
        ("DeleteIndex", {}),
        ("PutVectors", {"vectors": [vector("a", 1, 0)]}),
        ("GetVectors", {"keys": ["a"]}),
        ("DeleteVectors", {"keys": ["a"]}),
        ("ListVectors", {}),
        ("QueryVectors", {"topK": 1, "queryVector": {"float32": [1, 0]}}),
    ],
)
def test_an_absent_index_is_not_found(
    service: S3VectorsService, bucket_exists: bool, operation: str, request_: dict[str, Any]
) -> None:
    if bucket_exists:
        service.call("CreateVectorBucket", BUCKET)

    with pytest.raises(IndexNotFoundError, match="The specified index could not be found"):
        service.call(operation, {**INDEX, **request_})
    with pytest.raises(IndexNotFoundError):
        service.call(operation, {"indexArn": f"{ARN}/index/chunk", **request_})


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("GetVectorBucket", BUCKET),
        ("GetVectorBucket", {"vectorBucketArn": ARN}),
        ("GetVectorBucket", {"vectorBucketArn": ARN.replace("us-east-1", "eu-west-1")}),
        ("DeleteVectorBucket", BUCKET),
        ("ListIndexes", BUCKET),
        ("CreateIndex", NEW_INDEX),
    ],
)
def test_an_absent_vector_bucket_is_not_found(
    service: S3VectorsService, operation: str, request_: dict[str, Any]
) -> None:
    with pytest.raises(
        VectorBucketNotFoundError, match="The specified vector bucket could not be found"
    ):
        service.call(operation, request_)


@pytest.mark.parametrize(
    "address",
    [
        {},
        BUCKET,
        {"indexName": "chunk"},
        {**INDEX, "indexArn": f"{ARN}/index/chunk"},
        {**BUCKET, "indexArn": f"{ARN}/index/chunk"},
    ],
)
def test_an_index_is_addressed_by_its_arn_or_by_both_names(
    service: S3VectorsService, address: dict[str, str]
) -> None:
    create_index(service)

    with pytest.raises(
        ValidationError, match="Must specify either indexArn or both vectorBucketName and indexName"
    ):
        service.call("GetIndex", address)
    assert service.call("GetIndex", {"indexArn": f"{ARN}/index/chunk"})


@pytest.mark.parametrize("address", [{}, {**BUCKET, "vectorBucketArn": ARN}])
def test_a_vector_bucket_is_addressed_by_its_name_or_by_its_arn(
    service: S3VectorsService, address: dict[str, str]
) -> None:
    with pytest.raises(ValidationError):
        service.call("GetVectorBucket", address)


@pytest.mark.parametrize(
    ("bucket", "index", "valid"),
    [
        ("abc", "abc", True),
        ("a-1", "a.b-c", True),
        ("x" * 63, "x" * 63, True),
        ("ab", "abc", False),
        ("abc", "ab", False),
        ("x" * 64, "abc", False),
        ("abc", "x" * 64, False),
        ("a.b", "abc", False),
        ("Abc", "abc", False),
        ("abc", "a_b", False),
        ("-bc", "abc", False),
        ("abc", "ab.", False),
        ("abc\n", "abc", False),
    ],
)
def test_names_are_lower_case_letters_digits_and_hyphens_and_of_indexes_dots(
    service: S3VectorsService, bucket: str, index: str, valid: bool
) -> None:
    def create() -> None:
        service.call("CreateVectorBucket", {"vectorBucketName": bucket})
        service.call("CreateIndex", NEW_INDEX | {"vectorBucketName": bucket, "indexName": index})

    if valid:
        create()
    else:
        with pytest.raises(ValidationError):
            create()


def test_lists_are_sorted_filtered_by_prefix_and_paged(service: S3VectorsService) -> None:
    for name in ("b-2", "b-1", "a-1", "b-3"):
        service.call("CreateVectorBucket", {"vectorBucketName": name})
    for name in ("i-2", "i-3", "i-1"):
        service.call("CreateIndex", NEW_INDEX | {"vectorBucketName": "b-2", "indexName": name})

    request: dict[str, Any] = {"prefix": "b-", "maxResults": 2}
    first = service.call("ListVectorBuckets", request)
    second = service.call("ListVectorBuckets", request | {"nextToken": first["nextToken"]})

    names = [b["vectorBucketName"] for b in first["vectorBuckets"] + second["vectorBuckets"]]
    assert names == ["b-1", "b-2", "b-3"]
    assert "nextToken" not in second
    indexes = service.call("ListIndexes", {"vectorBucketName": "b-2"})["indexes"]
    assert [i["indexName"] for i in indexes] == ["i-1", "i-2", "i-3"]
    with pytest.raises(ValidationError, match="Invalid nextToken"):
        service.call("ListIndexes", {"vectorBucketName": "b-2", "nextToken": first["nextToken"]})


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ({f"k{i}": "v" for i in range(51)}, "Too many tags specified"),
        ({"aws:owner": "x"}, "System tags cannot be added/updated by requester"),
        ({"AWS:owner": "x"}, "Invalid System Tag: AWS:owner must be prefixed"),
        ({"team": "a\tb"}, "1 validation error detected. Value at '/tags/team' failed"),
        ({"te#am": "x"}, "1 validation error detected. Value at '/tags' failed"),
    ],
)
def test_tags_that_break_a_rule_are_refused(
    service: S3VectorsService, tags: dict[str, str], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        service.call("CreateVectorBucket", {**BUCKET, "tags": tags})


@pytest.mark.parametrize(
    "tags", [{"Ünï cödé_.:/=+-@9": "välue 1"}, {"team": ""}, {"k𝒜": "v𝒜"}, {"t": "aws:x"}]
)
def test_tags_of_any_letters_are_taken(service: S3VectorsService, tags: dict[str, str]) -> None:
    assert service.call("CreateVectorBucket", {**BUCKET, "tags": tags})


def test_putting_a_key_again_replaces_the_vector_and_all_its_metadata(
    service: S3VectorsService,
) -> None:
    create_index(service)
    put(service, vector("a", 1, 0, n=1, m=2))
    put(service, vector("a", 0, 1, n=3), vector("A", 1, 1))
    put(service, {"key": "b", "data": {"float32": [1, 2]}})

    stored = get(service, "a", "A", "b", "absent")

    assert stored["a"] == {"key": "a", "data": {"float32": [0, 1]}, "metadata": {"n": 3}}
    assert stored["b"]["metadata"] == {}
    assert set(stored) == {"a", "A", "b"}


@given(st.floats(width=64, min_value=-3.4e38, max_value=3.4e38))
@settings(max_examples=50, deadline=None)
def test_any_component_is_kept_as_float32(value: float) -> None:
    service = S3VectorsService()
    create_index(service, dimension=1, distanceMetric="euclidean")
    put(service, vector("a", value))

    assert get(service, "a")["a"]["data"]["float32"] == [float(np.float32(value))]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([1, 0, 0], "vector must have length 2, but has length 3"),
        ([], "vector must have length 2, but has length 0"),
        ([1e39, 1], "vector contains NaNs or Infs"),
        ([3.40282357e38, 1], "vector contains NaNs or Infs"),
        (["NaN", 1], "vector contains NaNs or Infs"),
        (["-Infinity", 1], "vector contains NaNs or Infs"),
        ([0, 0], "cosine distance does not support vectors with zero norm"),
        ([1e-46, 1e-46], "cosine distance does not support vectors with zero norm"),
    ],
)
def test_one_bad_vector_fails_the_whole_batch(
    service: S3VectorsService, values: list[Any], reason: str
) -> None:
    create_index(service)

    with pytest.raises(ValidationError) as caught:
        put(service, vector("good", 1, 0), vector("bad", *values))

    assert caught.value.body() == {
        "message": f"Invalid record for key 'bad': {reason}",
        "fieldList": [{"path": "vectors[1]", "message": reason}],
    }
    assert get(service, "good") == {}


def test_a_euclidean_index_takes_a_zero_vector(service: S3VectorsService) -> None:
    create_index(service, distanceMetric="euclidean")

    put(service, vector("zero", 0, 0))

    assert list(get(service, "zero")) == ["zero"]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("a" * 1024, None),
        ("中" * 340 + "abcd", None),
        ("😀" * 256, None),
        ("", "Member must have length between 1 and 1024, inclusive"),
        ("a" * 1025, "Value with length 1025 at '.*' failed to satisfy constraint"),
        ("中" * 340 + "abcde", "Record key length exceeds the maximum allowed"),
        ("😀" * 1024, "Record key length exceeds the maximum allowed"),
    ],
)
def test_a_key_has_at_most_1024_characters_and_bytes(
    service: S3VectorsService, key: str, message: str | None
) -> None:
    create_index(service)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("PutVectors", {**INDEX, "vectors": [vector(key, 1, 0)]}),
        ("GetVectors", {**INDEX, "keys": [key]}),
        ("DeleteVectors", {**INDEX, "keys": [key]}),
    ]

    for operation, request in calls:
        if message is None:
            service.call(operation, request)
        else:
            with pytest.raises(ValidationError, match=message):
                service.call(operation, request)


@pytest.mark.parametrize(
    ("operation", "member", "most"),
    [("PutVectors", "vectors", 500), ("GetVectors", "keys", 100), ("DeleteVectors", "keys", 500)],
)
def test_a_call_has_from_one_to_its_maximum_of_vectors(
    service: S3VectorsService, operation: str, member: str, most: int
) -> None:
    create_index(service)

    def call(count: int) -> None:
        items = [vector(str(i), 1, 0) if member == "vectors" else str(i) for i in range(count)]
        service.call(operation, {**INDEX, member: items})

    call(1)
    call(most)
    for count in (0, most + 1):
        rule = f"Value with length {count} at '/{member}' .* between 1 and {most}, inclusive"
        with pytest.raises(ValidationError, match=rule):
            call(count)


@pytest.mark.parametrize(
    ("settings_", "path"),
    [
        ({"dimension": 0}, "/dimension"),
        ({"dimension": 4097}, "/dimension"),
        ({"dimension": None}, "/dimension"),
        ({"dataType": "float64"}, "/dataType"),
        ({"distanceMetric": "dot"}, "/distanceMetric"),
        (
            {"metadataConfiguration": {"nonFilterableMetadataKeys": ["k" * 64]}},
            "/metadataConfiguration/nonFilterableMetadataKeys/0",
        ),
        (
            {"metadataConfiguration": {"nonFilterableMetadataKeys": list("abcdefghijk")}},
            "/metadataConfiguration/nonFilterableMetadataKeys",
        ),
        (
            {"metadataConfiguration": {"textSearchConfigurations": [{"language": "en"}]}},
            "/metadataConfiguration/textSearchConfigurations/0/metadataKey",
        ),
        ({"vectorBucketName": None, "vectorBucketArn": "arn:aws:s3:::x"}, "/vectorBucketArn"),
    ],
)
def test_a_request_outside_the_service_model_names_the_field(
    service: S3VectorsService, settings_: dict[str, Any], path: str
) -> None:
    service.call("CreateVectorBucket", BUCKET)

    with pytest.raises(ValidationError, match="1 validation error detected") as caught:
        service.call("CreateIndex", NEW_INDEX | settings_)

    assert [field.path for field in caught.value.fields] == [path]
    assert path in str(caught.value)


def test_every_field_outside_the_model_is_named(service: S3VectorsService) -> None:
    with pytest.raises(ValidationError, match="3 validation errors detected") as caught:
        service.call("CreateIndex", {**INDEX, "dimension": 5000, "dataType": "x"})

    paths = {field.path for field in caught.value.fields}
    assert paths == {"/dimension", "/dataType", "/distanceMetric"}


@pytest.mark.parametrize(
    "vectors",
    [
        "x",
        ["x"],
        [{"key": 1, "data": {"float32": [1, 0]}}],
        [{"key": "a", "data": {"float32": "x"}}],
        [{"key": "a", "data": {"float32": [1, "0"]}}],
        [{"key": "a", "data": {"float32": [1, None]}}],
        [{"key": "a", "data": {"float32": [1, True]}}],
        [{"key": "a", "data": {}}],
        [vector("\ud800", 1, 0)],
        [vector("a", 1, 0, f="x\ud800")],
        [vector("a", 1, 0, f=["x\ud800"])],
        [vector("a", 1, 0, **{"x\udc00": 1})],
        [vector("a", 1, 0, f=float("nan"))],
    ],
)
def test_values_of_the_wrong_type_and_lone_surrogates_fail_the_request(
    service: S3VectorsService, vectors: Any
) -> None:
    create_index(service)

    with pytest.raises(SerializationError, match="UnknownError"):
        service.call("PutVectors", {**INDEX, "vectors": vectors})


def test_what_was_put_does_not_change_with_the_callers_objects(
    service: S3VectorsService,
) -> None:
    create_index(service)
    tags = ["x"]
    put(service, vector("a", 1, 0, tags=tags))
    tags.append("y")
    get(service, "a")["a"]["metadata"]["tags"].append("z")

    assert get(service, "a")["a"]["metadata"] == {"tags": ["x"]}


def listed(service: S3VectorsService, **settings: Any) -> list[list[str]]:
    pages = []
    token: dict[str, str] = {}
    while True:
        answer = service.call("ListVectors", {**INDEX, **settings, **token})
        pages.append(keys_of(answer))
        if "nextToken" not in answer:
            return pages
        token = {"nextToken": answer["nextToken"]}


def test_vectors_are_listed_in_pages(service: S3VectorsService) -> None:
    create_index(service)
    for start in (0, 500):
        put(service, *(vector(f"{i:04}", 1, i) for i in range(start, start + 500)))
    put(service, vector("last", 1, 0))

    assert [len(page) for page in listed(service)] == [500, 500, 1]
    assert [len(page) for page in listed(service, maxResults=1000)] == [1000, 1]
    assert len({key for page in listed(service) for key in page}) == 1001


def test_a_page_of_listed_vectors_ends_past_one_mebibyte(service: S3VectorsService) -> None:
    create_index(service, dimension=4096)
    rows = np.eye(100, 4096).tolist()
    put(service, *(vector(str(i), *row) for i, row in enumerate(rows)))

    assert [len(page) for page in listed(service)] == [64, 36]


@given(segments=st.integers(1, 16), deleted=st.sets(st.integers(0, 39)))
@settings(max_examples=50, deadline=None)
def test_any_number_of_segments_lists_each_vector_once(segments: int, deleted: set[int]) -> None:
    service = S3VectorsService()
    create_index(service)
    put(service, *(vector(str(i), 1, i) for i in range(40)))
    if deleted:
        service.call("DeleteVectors", {**INDEX, "keys": [str(i) for i in deleted]})

    found = [
        key
        for segment in range(segments)
        for page in listed(service, segmentCount=segments, segmentIndex=segment, maxResults=3)
        for key in page
    ]

    assert sorted(found) == sorted(str(i) for i in range(40) if i not in deleted)


def test_a_vector_that_stays_is_listed_once_while_others_come_and_go(
    service: S3VectorsService,
) -> None:
    create_index(service)
    put(service, *(vector(str(i), 1, i) for i in range(10)))
    first = service.call("ListVectors", {**INDEX, "maxResults": 5})
    service.call("DeleteVectors", {**INDEX, "keys": ["0", "9"]})
    put(service, vector("3", 1, 1), vector("new", 1, 1))
    second = service.call("ListVectors", {**INDEX, "nextToken": first["nextToken"]})

    staying = [key for key in keys_of(first) + keys_of(second) if key not in {"0", "9", "new"}]
    assert staying == [str(i) for i in range(1, 9)]


@pytest.mark.parametrize(
    "settings_",
    [
        {"segmentCount": 2},
        {"segmentIndex": 0},
        {"segmentCount": 2, "segmentIndex": 2},
        {"segmentCount": 17, "segmentIndex": 0},
        {"maxResults": 0},
        {"maxResults": 1001},
        {"nextToken": "x" * 2049},
        {"nextToken": "x"},
    ],
)
def test_a_listing_outside_the_rules_is_refused(
    service: S3VectorsService, settings_: dict[str, Any]
) -> None:
    create_index(service)

    with pytest.raises(ValidationError):
        service.call("ListVectors", {**INDEX, **settings_})


def test_an_unknown_operation_is_an_error(service: S3VectorsService) -> None:
    with pytest.raises(UnknownOperationError, match="DropEverything"):
        service.call("DropEverything", {})


def test_errors_have_the_codes_and_statuses_of_the_service_model() -> None:
    model = Session().get_service_model("s3vectors")
    modelled = {shape.name: shape.metadata for shape in model.error_shapes}

    def tree(error: type[S3VectorsError]) -> list[type[S3VectorsError]]:
        return [error, *(e for child in error.__subclasses__() for e in tree(child))]

    for error in tree(S3VectorsError)[1:]:
        if error.code in modelled:
            status = modelled[error.code].get("error", {}).get("httpStatusCode", 400)
            assert error.status == status
        else:
            assert error.code in {"SerializationException", "UnknownOperationException"}
    assert issubclass(IndexNotFoundError, NotFoundError)


def test_writers_and_readers_of_one_index_never_see_half_a_batch(
    service: S3VectorsService,
) -> None:
    create_index(service)
    put(service, *(vector(str(i), 1, 0, round=0) for i in range(50)))
    torn: list[set[int]] = []

    def write() -> None:
        for n in range(1, 40):
            put(service, *(vector(str(i), 1, n, round=n) for i in range(50)))

    def read() -> None:
        for _ in range(40):
            rounds = {v["metadata"]["round"] for v in get(service, *map(str, range(50))).values()}
            if len(rounds) != 1:
                torn.append(rounds)

    threads = [threading.Thread(target=work) for work in (write, read, read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert torn == []


def test_readers_of_an_index_wait_for_no_writer_of_another(
    service: S3VectorsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even for the moment in which a writer keeps the readers of its own index waiting."""
    create_index(service)
    other = {**BUCKET, "indexName": "other"}
    service.call("CreateIndex", {**NEW_INDEX, **other})
    service.call("PutVectors", {**other, "vectors": [vector("a", 1, 0, n=1)]})
    table = service._account.index("vectors", "chunk")._table
    applying, go_on = threading.Event(), threading.Event()
    write = table.write

    def slow(placed: Any) -> None:
        applying.set()
        go_on.wait(60)
        write(placed)

    monkeypatch.setattr(table, "write", slow)
    found: list[Any] = []

    def read() -> None:
        search = {"topK": 1, "queryVector": {"float32": [1, 0]}, "filter": {"n": 1}}
        found.append(keys_of(service.call("QueryVectors", {**other, **search})))
        found.append(keys_of(service.call("GetVectors", {**other, "keys": ["a"]})))
        found.append(keys_of(service.call("ListVectors", other)))
        found.append(service.call("GetIndex", other)["index"]["indexName"])
        found.append(len(service.call("ListIndexes", BUCKET)["indexes"]))

    writer = threading.Thread(target=put, args=(service, vector("b", 1, 0)))
    reader = threading.Thread(target=read)
    writer.start()
    assert applying.wait(60)
    reader.start()
    reader.join(30)
    still_reading, still_writing = reader.is_alive(), writer.is_alive()
    go_on.set()
    reader.join()
    writer.join()

    assert (still_reading, still_writing) == (False, True)
    assert found == [["a"], ["a"], ["a"], "other", 2]
    assert list(get(service, "b")) == ["b"]

import math
import struct
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader
from botocore.model import ServiceModel

from local.s3vectors import Fault, LocalServer, S3VectorsService
from vector_store import Match, StoredVector, Vector, VectorStoreFactory, s3vectors_client
from vector_store.errors import (
    IndexMismatchError,
    RejectedRequestError,
    VectorIndexNotFoundError,
    VectorLimitError,
    VectorStoreAccessError,
    VectorStoreError,
    VectorStoreThrottledError,
    VectorStoreUnavailableError,
)
from vector_store.service_errors import service_errors

BUCKET = {"vectorBucketName": "vectors"}
INDEX = {**BUCKET, "indexName": "app1.chunk-acme"}
FITTING = {
    "dataType": "float32",
    "dimension": 2,
    "distanceMetric": "cosine",
    "metadataConfiguration": {"nonFilterableMetadataKeys": ["value", "metadata"]},
}
NORTH = Vector("north", [0.0, 1.0], {"value": "up", "source.metadata.team": "a"})
EAST = Vector("east", [1.0, 0.0], {"value": "right", "source.metadata.team": "b"})
SOUTH = Vector("south", [0.0, -1.0], {"value": "down", "source.metadata.team": "a"})


def index_of(client, tenant="acme", **settings):
    store = VectorStoreFactory.for_vector_store(
        "s3vectors://vectors/app1", client=client, **settings
    )
    return store.index("chunk", tenant_id=tenant)


@pytest.fixture
def index(client):
    """An index that stands in the service, its settings checked."""
    index = index_of(client)
    index.prepare(2)
    return index


@pytest.fixture
def reader(client):
    return index_of(client, read_only=True)


def create_bucket(service):
    service.call("CreateVectorBucket", BUCKET)


def create_index(service, **settings):
    service.call("CreateIndex", {**INDEX, **FITTING, **settings})


def operations(service):
    """What came over the wire."""
    return [call.operation for call in service.calls.of() if call.request_bytes is not None]


def once_after(client, operation, act):
    """Have somebody else act between the answer to this client's next such call and what follows."""
    event = f"after-call.s3vectors.{operation}"

    def rival(**_):
        client.meta.events.unregister(event, rival)
        act()

    client.meta.events.register(event, rival)


def float32(number):
    return struct.unpack("f", struct.pack("f", number))[0]


def test_the_first_put_creates_the_vector_bucket_and_the_index(client, service):
    index_of(client).put([NORTH])

    created = service.call("GetIndex", INDEX)["index"]
    searchable = [{"metadataKey": "value", "status": "ACTIVE"}]
    assert {name: created[name] for name in FITTING} == {
        **FITTING,
        "metadataConfiguration": {
            **FITTING["metadataConfiguration"],
            "textSearchConfigurations": searchable,
        },
    }
    assert operations(service) == [
        *("GetIndex", "GetVectorBucket", "CreateVectorBucket", "CreateIndex", "PutVectors")
    ]


KEY = "arn:aws:kms:us-east-1:123456789012:key/1234"
ENCRYPTED = {"encryptionConfiguration": {"sseType": "aws:kms", "kmsKeyArn": KEY}}


def test_what_the_first_put_creates_is_encrypted_with_the_key(client, service):
    index_of(client, kms_key_arn=KEY).put([NORTH])

    created = service.call("GetIndex", INDEX)["index"], service.call("GetVectorBucket", BUCKET)
    assert created[0]["encryptionConfiguration"] == ENCRYPTED["encryptionConfiguration"]
    assert (
        created[1]["vectorBucket"]["encryptionConfiguration"]
        == (ENCRYPTED["encryptionConfiguration"])
    )


def test_an_index_is_encrypted_with_the_key_in_a_vector_bucket_that_is_not(client, service):
    create_bucket(service)

    index_of(client, kms_key_arn=KEY).put([NORTH])

    created = service.call("GetIndex", INDEX)["index"]
    assert created["encryptionConfiguration"] == ENCRYPTED["encryptionConfiguration"]


def test_an_existing_index_of_another_key_is_refused_with_both_named(client, service):
    create_bucket(service)
    create_index(service)

    with pytest.raises(IndexMismatchError, match=f"encryption key is of AWS, wanted {KEY}"):
        index_of(client, kms_key_arn=KEY).put([NORTH])


def test_an_existing_index_may_have_a_key_where_none_is_asked_for(client, service):
    create_bucket(service)
    create_index(service, **ENCRYPTED)

    assert index_of(client).put([NORTH]) == 1


def test_the_first_put_into_an_existing_vector_bucket_creates_only_the_index(client, service):
    create_bucket(service)

    index_of(client).put([NORTH])

    assert operations(service) == ["GetIndex", "GetVectorBucket", "CreateIndex", "PutVectors"]


def test_an_existing_index_is_asked_for_its_settings_once_and_nothing_is_created(client, service):
    create_bucket(service)
    create_index(service)
    index = index_of(client)

    index.prepare(2)
    index.put([NORTH])
    index.put([EAST])

    assert operations(service) == ["GetIndex", "PutVectors", "PutVectors"]


def test_the_order_of_non_filterable_keys_makes_no_difference(client, service):
    create_bucket(service)
    create_index(
        service, metadataConfiguration={"nonFilterableMetadataKeys": ["metadata", "value"]}
    )

    assert index_of(client).put([NORTH]) == 1


def test_a_lost_race_to_create_the_index_is_success(client, service):
    create_bucket(service)
    once_after(client, "GetVectorBucket", lambda: create_index(service))

    index_of(client).put([NORTH])

    errors = [call.error for call in service.calls.of("CreateIndex") if call.request_bytes]
    assert errors == ["ConflictException"]
    assert index_of(client).get(["north"]).keys() == {"north"}


def test_a_lost_race_to_create_the_vector_bucket_is_success(client, service):
    once_after(client, "GetVectorBucket", lambda: create_bucket(service))

    index_of(client).put([NORTH])

    errors = [call.error for call in service.calls.of("CreateVectorBucket") if call.request_bytes]
    assert errors == ["ConflictException"]
    assert index_of(client).get(["north"]).keys() == {"north"}


def test_a_race_lost_to_an_index_of_other_dimensions_is_a_mismatch_that_names_both(client, service):
    create_bucket(service)
    once_after(client, "GetVectorBucket", lambda: create_index(service, dimension=3))

    with pytest.raises(IndexMismatchError, match=r"app1\.chunk-acme .*dimension is 3, wanted 2"):
        index_of(client).put([NORTH])

    assert service.calls.of("PutVectors") == []


@pytest.mark.parametrize("operation", ["CreateVectorBucket", "CreateIndex"])
@pytest.mark.parametrize("error", ["InternalServerException", "ConnectionReset"])
def test_a_creation_whose_answer_is_lost_is_success(client, service, operation, error):
    service.faults.add(Fault(error, operation=operation, times=1, performed=True))

    index_of(client).put([NORTH])

    errors = [call.error for call in service.calls.of(operation)]
    assert errors == [error, "ConflictException"]
    assert index_of(client).get(["north"]).keys() == {"north"}


def test_writers_that_start_at_once_all_succeed(client):
    keys = [f"writer {n}" for n in range(6)]

    with ThreadPoolExecutor(len(keys)) as pool:
        puts = [pool.submit(index_of(client).put, [Vector(key, [1.0, 0.0], {})]) for key in keys]

    assert [put.result() for put in puts] == [1] * len(keys)
    assert index_of(client).get(keys).keys() == set(keys)


MISMATCHES = [
    ({"dimension": 3}, "dimension is 3, wanted 2"),
    ({"distanceMetric": "euclidean"}, "distance metric is euclidean, wanted cosine"),
    (
        {"metadataConfiguration": {"nonFilterableMetadataKeys": ["value"]}},
        r"keys is \['value'\], wanted \['metadata', 'value'\]",
    ),
    (
        {"metadataConfiguration": {"nonFilterableMetadataKeys": ["a", "metadata", "value"]}},
        r"keys is \['a', 'metadata', 'value'\], wanted \['metadata', 'value'\]",
    ),
]


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(("settings", "both_sides"), MISMATCHES)
def test_an_index_with_another_setting_is_a_mismatch_that_names_both(
    client, service, settings, both_sides, read_only
):
    create_bucket(service)
    create_index(service, **settings)

    with pytest.raises(IndexMismatchError, match=both_sides) as error:
        index = index_of(client, read_only=read_only)
        index.inspect(2) if read_only else index.prepare(2)

    assert "index app1.chunk-acme of vector bucket vectors" in str(error.value)


def test_a_query_of_an_index_of_other_distances_is_a_mismatch_too(reader, service):
    create_bucket(service)
    create_index(service, distanceMetric="euclidean")

    with pytest.raises(IndexMismatchError, match="distance metric is euclidean, wanted cosine"):
        reader.query([1.0, 0.0], top_k=1)

    assert operations(service) == ["QueryVectors"]


def test_an_index_without_non_filterable_keys_is_a_mismatch(client, service):
    create_bucket(service)
    settings = {name: FITTING[name] for name in FITTING if name != "metadataConfiguration"}
    service.call("CreateIndex", {**INDEX, **settings})

    with pytest.raises(IndexMismatchError, match=r"keys is \[\], wanted \['metadata', 'value'\]"):
        index_of(client).put([NORTH])


def test_all_that_does_not_fit_is_named_at_once(client, service):
    create_bucket(service)
    create_index(service, dimension=3, distanceMetric="euclidean")

    with pytest.raises(IndexMismatchError) as error:
        index_of(client).prepare(2)

    assert "dimension is 3" in str(error.value)
    assert "distance metric is euclidean" in str(error.value)


def test_nothing_is_put_into_an_index_that_does_not_fit_however_often_it_is_tried(client, service):
    create_bucket(service)
    create_index(service, dimension=3)
    index = index_of(client)

    for _ in range(2):
        with pytest.raises(IndexMismatchError):
            index.put([NORTH])

    assert service.calls.of("PutVectors") == []


def test_a_put_of_no_vectors_sends_nothing(client, service):
    assert index_of(client).put([]) == 0
    assert operations(service) == []


def test_no_keys_send_nothing(index, service):
    service.calls.clear()

    assert index.get([]) == {}
    index.delete([])

    assert operations(service) == []


def test_vectors_are_got_as_they_were_put_with_float32_components(index):
    embedding = [1 / 3, -2e-3]
    index.put([Vector("a", embedding, {"value": 'té\n"x"', "n": 7, "f": 0.5, "l": ["x"]}), EAST])

    found = index.get(["a", "east"], with_embeddings=True)

    assert found == {
        "a": StoredVector(
            "a",
            {"value": 'té\n"x"', "n": 7, "f": 0.5, "l": ["x"]},
            [float32(number) for number in embedding],
        ),
        "east": StoredVector("east", EAST.metadata, EAST.embedding),
    }


@pytest.mark.parametrize(
    "embedding",
    [
        [float32(0.1), float32(1e10)],
        [3.4028234663852886e38, -3.4028234663852886e38],
        [1.401298464324817e-45, 1.0],
        [1, 0],
    ],
)
def test_a_float32_embedding_comes_back_the_same(index, embedding):
    index.put([Vector("a", embedding, {})])

    assert index.get(["a"], with_embeddings=True)["a"].embedding == embedding


def test_embeddings_are_got_only_where_they_are_asked_for(index):
    index.put([NORTH])

    assert index.get(["north"]) == {"north": StoredVector("north", NORTH.metadata)}


def test_absent_keys_are_left_out(index):
    index.put([NORTH])

    assert index.get(["nowhere", "north"]).keys() == {"north"}
    assert index.get(["nowhere"]) == {}


def test_putting_a_key_again_replaces_its_vector_whole(index):
    index.put([NORTH])
    index.put([Vector("north", [0.5, 0.5], {"b": 2})])

    found = index.get(["north"], with_embeddings=True)["north"]

    assert (found.embedding, found.metadata) == ([0.5, 0.5], {"b": 2})


def test_more_than_100_keys_are_got_in_requests_of_100(index, service):
    keys = [f"key {n}" for n in range(299)]
    index.put([Vector(key, [1.0, 0.0], {"n": n}) for n, key in enumerate(keys)])

    found = index.get(key for key in [*keys, "nowhere"])

    assert {key: vector.metadata["n"] for key, vector in found.items()} == {
        key: n for n, key in enumerate(keys)
    }
    assert len(service.calls.of("GetVectors")) == 3


def test_more_than_500_keys_are_deleted_in_requests_of_500(index, service):
    keys = [f"key {n}" for n in range(1_000)]
    index.put([Vector(key, [1.0, 0.0], {}) for key in [*keys, "kept"]])

    index.delete(key for key in keys)

    assert index.get([*keys, "kept"]).keys() == {"kept"}
    assert len(service.calls.of("DeleteVectors")) == 2


def test_deleting_keys_that_are_not_there_is_no_error(index):
    index.put([NORTH, EAST])

    index.delete(["east", "nowhere"])
    index.delete(["east"])

    assert index.get(["north", "east"]).keys() == {"north"}


def test_a_query_returns_the_nearest_first_with_their_distances(index):
    index.put([SOUTH, NORTH, EAST])

    matches = index.query([0.0, 2.0], top_k=3)

    assert [match.key for match in matches] == ["north", "east", "south"]
    assert [match.distance for match in matches] == pytest.approx([0, 1, 2])
    assert matches[0] == Match("north", NORTH.metadata, distance=matches[0].distance)


def test_a_query_returns_only_what_passes_the_filter(index):
    index.put([NORTH, EAST, SOUTH])

    matches = index.query([1.0, 0.1], top_k=3, filter={"source.metadata.team": "a"})

    assert [match.key for match in matches] == ["north", "south"]


def test_an_empty_filter_is_no_filter(index):
    index.put([NORTH, EAST, SOUTH])

    assert len(index.query([1.0, 0.1], top_k=3, filter={})) == 3


def test_a_query_of_an_empty_index_has_no_matches(index):
    assert index.query([1.0, 0.0], top_k=10) == []


def test_a_query_returns_at_most_top_k_matches(index):
    index.put([Vector(str(n), [1.0, n / 100], {}) for n in range(101)])

    assert [match.key for match in index.query([1.0, 0.0], top_k=1)] == ["0"]
    matches = index.query([1.0, 0.0], top_k=100)
    assert [match.key for match in matches] == [str(n) for n in range(100)]
    assert sorted(match.distance for match in matches) == [match.distance for match in matches]


@pytest.mark.parametrize("top_k", [-1, 0, 10_001])
def test_a_top_k_outside_1_to_10000_is_refused_before_anything_is_sent(index, service, top_k):
    service.calls.clear()

    with pytest.raises(VectorLimitError, match=rf"top_k is {top_k}; .*1 to 10,000"):
        index.query([1.0, 0.0], top_k=top_k)

    assert operations(service) == []


@pytest.mark.parametrize(
    "request_of",
    [
        lambda index: index.query([1.0, 0.0], top_k=1),
        lambda index: index.get(["a"]),
        lambda index: index.delete(["a"]),
    ],
    ids=["query", "get", "delete"],
)
def test_an_index_that_does_not_exist_is_not_found(client, service, request_of):
    index = index_of(client)

    with pytest.raises(VectorIndexNotFoundError, match=r"app1\.chunk-acme"):
        request_of(index)
    create_bucket(service)
    with pytest.raises(VectorIndexNotFoundError, match=r"app1\.chunk-acme"):
        request_of(index)


def test_a_put_into_an_index_deleted_meanwhile_is_not_found(index, service):
    service.call("DeleteIndex", INDEX)

    with pytest.raises(VectorIndexNotFoundError):
        index.put([NORTH])


@pytest.mark.parametrize(
    "request_of",
    [
        lambda index: index.query([1.0, 0.0, 0.0], top_k=1),
        lambda index: index.query([1.0, 0.0], top_k=1, filter={"a": {"$like": "b"}}),
        lambda index: index.get([1_025 * "k"]),
    ],
    ids=["dimensions", "filter", "long key"],
)
def test_an_invalid_request_is_rejected(index, request_of):
    with pytest.raises(RejectedRequestError):
        request_of(index)


@pytest.mark.parametrize("embedding", [[math.nan, 0.0], [0.0, 0.0]], ids=["nan", "zero"])
def test_a_query_by_an_embedding_that_no_vector_has_is_not_sent(index, service, embedding):
    service.calls.clear()

    with pytest.raises(VectorLimitError):
        index.query(embedding, top_k=1)

    assert operations(service) == []


@pytest.mark.parametrize(
    "request_of",
    [lambda index: index.get([""]), lambda index: index.delete([""])],
    ids=["get", "delete"],
)
def test_an_empty_key_is_no_temporary_failure(index, request_of):
    with pytest.raises((RejectedRequestError, VectorLimitError)):
        request_of(index)


@pytest.mark.parametrize("of_bucket", [True, False], ids=["vector bucket", "vector index"])
def test_a_reader_of_what_is_missing_is_told_the_index_and_creates_nothing(
    reader, service, of_bucket
):
    if not of_bucket:
        create_bucket(service)

    with pytest.raises(VectorIndexNotFoundError, match=r"index app1\.chunk-acme of .* vectors"):
        reader.inspect(2)
    with pytest.raises(VectorIndexNotFoundError, match=r"query of index app1\.chunk-acme"):
        reader.query([1.0, 0.0], top_k=1)

    assert operations(service) == ["GetIndex", "QueryVectors"]


def test_a_reader_finds_an_index_that_was_created_after_it_looked(reader, service):
    create_bucket(service)
    with pytest.raises(VectorIndexNotFoundError):
        reader.inspect(2)

    create_index(service)

    reader.inspect(2)
    assert reader.query([1.0, 0.0], top_k=1) == []


def test_a_reader_asks_for_the_settings_whenever_it_looks(reader, service):
    create_bucket(service)
    create_index(service)

    reader.inspect(2)
    with pytest.raises(IndexMismatchError, match="dimension is 2, wanted 3"):
        reader.inspect(3)
    assert operations(service) == ["GetIndex", "GetIndex"]


def test_a_writer_and_a_reader_call_what_their_roles_allow_and_nothing_else(
    client, reader, service
):
    writer = index_of(client)
    writer.put([NORTH])
    writer.get(["north"])
    writer.delete(["east"])
    written = set(operations(service))
    service.calls.clear()
    reader.inspect(2)
    reader.query([1.0, 0.0], top_k=1)
    reader.get(["north"])

    assert written == {
        *("GetVectorBucket", "CreateVectorBucket", "GetIndex", "CreateIndex"),
        *("PutVectors", "GetVectors", "DeleteVectors"),
    }
    assert set(operations(service)) == {"GetIndex", "QueryVectors", "GetVectors"}


def test_two_tenants_indexes_share_nothing(client, service):
    store = VectorStoreFactory.for_vector_store("s3vectors://vectors/app1", client=client)
    acme, other = store.index("chunk", tenant_id="acme"), store.index("chunk", tenant_id="other")

    acme.put([NORTH])
    with pytest.raises(VectorIndexNotFoundError):
        other.query([0.0, 1.0], top_k=10)
    other.put([Vector("north", [1.0, 0.0, 0.0], {"value": "of the other"})])
    other.delete(["east"])

    assert [call.resource.rpartition("/")[2] for call in service.calls.of("CreateIndex")] == [
        "app1.chunk-acme",
        "app1.chunk-other",
    ]
    assert [match.metadata for match in acme.query([0.0, 1.0], top_k=10)] == [NORTH.metadata]
    assert [match.key for match in other.query([0.0, 1.0, 0.0], top_k=10)] == ["north"]
    assert other.get(["north"])["north"].metadata == {"value": "of the other"}


def test_each_index_object_of_a_tenant_checks_the_service_for_itself(client, service):
    store = VectorStoreFactory.for_vector_store("s3vectors://vectors/app1", client=client)
    store.index("chunk", tenant_id="acme").put([NORTH])
    service.calls.clear()

    store.index("chunk", tenant_id="acme").put([EAST])

    assert operations(service) == ["GetIndex", "PutVectors"]


@pytest.mark.parametrize(
    ("fault", "kind", "told"),
    [
        (Fault("TooManyRequestsException"), VectorStoreThrottledError, "TooManyRequests"),
        (Fault("RequestTimeoutException"), VectorStoreUnavailableError, "RequestTimeout"),
        (Fault("InternalServerException"), VectorStoreUnavailableError, "InternalServer"),
        (Fault("ServiceUnavailableException"), VectorStoreUnavailableError, "ServiceUnavailable"),
        (Fault("ConnectionReset"), VectorStoreUnavailableError, "http://127.0.0.1"),
        (Fault(delay_seconds=0.3), VectorStoreUnavailableError, "timeout"),
        (Fault("AccessDeniedException"), VectorStoreAccessError, "AccessDenied"),
    ],
    ids=["429", "408", "500", "503", "reset", "silence", "403"],
)
def test_a_failure_of_the_service_is_the_stores_own_error(connect, service, fault, kind, told):
    index = index_of(connect(attempts=1, read_timeout=0.1))
    service.faults.add(fault)

    with pytest.raises(VectorStoreError, match=r"app1\.chunk-acme") as error:
        index.query([1.0, 0.0], top_k=1)

    assert error.type is kind
    assert told in str(error.value)
    assert isinstance(error.value.__cause__, ClientError | BotoCoreError)


@pytest.mark.parametrize(
    "request_of",
    [
        lambda index: index.prepare(2),
        lambda index: index.put([NORTH]),
        lambda index: index.get(["a"]),
        lambda index: index.delete(["a"]),
    ],
    ids=["prepare", "put", "get", "delete"],
)
def test_whatever_fails_names_its_index(connect, service, request_of):
    index = index_of(connect(attempts=1))
    service.faults.add(Fault("ServiceUnavailableException"))

    with pytest.raises(VectorStoreUnavailableError, match=r"app1\.chunk-acme"):
        request_of(index)


@pytest.mark.parametrize("operation", ["GetVectorBucket", "CreateVectorBucket", "CreateIndex"])
def test_a_writer_that_may_not_create_is_told_so(client, service, operation):
    service.faults.add(Fault("AccessDeniedException", operation=operation))

    with pytest.raises(VectorStoreAccessError, match="vector bucket vectors"):
        index_of(client).put([NORTH])

    assert service.calls.of("PutVectors") == []


def test_an_endpoint_that_nobody_serves_is_unavailable(session, monkeypatch):
    with LocalServer(S3VectorsService()) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3VECTORS", server.url)

    with (
        closing(s3vectors_client(session, attempts=1)) as client,
        pytest.raises(VectorStoreUnavailableError, match=r"app1\.chunk-acme"),
    ):
        index_of(client).get(["a"])


@pytest.mark.parametrize(
    "error",
    [
        "TooManyRequestsException",
        "RequestTimeoutException",
        "InternalServerException",
        "ServiceUnavailableException",
        "ConnectionReset",
    ],
)
def test_a_passing_failure_is_repeated_until_it_is_over(index, service, error):
    service.faults.add(Fault(error, operation="PutVectors", times=1))

    index.put([NORTH])

    assert [call.error for call in service.calls.of("PutVectors")] == [error, None]


def test_a_put_whose_answer_is_lost_is_repeated_and_stored_once(index, service):
    service.faults.add(Fault("ConnectionReset", operation="PutVectors", times=1, performed=True))

    index.put([NORTH])

    assert len(service.calls.of("PutVectors")) == 2
    assert [match.key for match in index.query([0.0, 1.0], top_k=10)] == ["north"]


@pytest.mark.parametrize("write", ["put", "delete"])
def test_a_write_asks_before_each_of_its_requests_and_may_be_stopped(index, service, write):
    vectors = [Vector(f"{n:04}", [1.0, 0.0], {}) for n in range(1_200)]
    asked = []

    def ask(keys):
        asked.append((len(service.calls.of(f"{write.capitalize()}Vectors")), keys[0], len(keys)))
        if len(asked) == 3:
            raise TimeoutError

    index.put(vectors)
    service.calls.clear()
    given = vectors if write == "put" else [vector.key for vector in vectors]
    with pytest.raises(TimeoutError):
        getattr(index, write)(given, before_request=ask)

    assert asked == [(0, "0000", 500), (1, "0500", 500), (2, "1000", 200)]


def test_an_index_that_somebody_saw_is_not_asked_for(connect, service):
    index_of(connect()).put([NORTH])
    service.calls.clear()
    trusting = index_of(connect())
    trusting.trust(2)

    trusting.put([EAST])

    assert operations(service) == ["PutVectors"]


def test_a_failure_that_lasts_is_unavailable_after_four_attempts(index, service):
    service.faults.add(Fault("InternalServerException", operation="GetVectors"))

    with pytest.raises(VectorStoreUnavailableError, match="InternalServerException"):
        index.get(["a"])

    assert len(service.calls.of("GetVectors")) == 4


def test_a_refusal_is_not_repeated(index, service):
    service.faults.add(Fault("AccessDeniedException", operation="GetVectors"))

    with pytest.raises(VectorStoreAccessError):
        index.get(["a"])

    assert len(service.calls.of("GetVectors")) == 1


def error_for(code):
    """The store's error for one of the service's."""
    answer = {"Error": {"Code": code, "Message": "as told"}}
    with (
        pytest.raises(VectorStoreError, match=f"^index a: {code}: as told$") as error,
        service_errors("index a"),
    ):
        raise ClientError(answer, "PutVectors")
    return error.type


def test_every_error_of_the_service_is_temporary_exactly_where_its_model_says_so():
    model = ServiceModel(Loader().load_service_model("s3vectors", "service-2"), "s3vectors")
    errors = {shape.name: "retryable" in shape.metadata for shape in model.error_shapes}

    assert {
        code: issubclass(error_for(code), VectorStoreUnavailableError) for code in errors
    } == errors
    assert len(errors) >= 13


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("KmsDisabledException", VectorStoreAccessError),
        ("ServiceQuotaExceededException", RejectedRequestError),
        ("SerializationException", RejectedRequestError),
        ("ConflictException", RejectedRequestError),
        ("NotFoundException", VectorIndexNotFoundError),
        ("SomethingNewException", VectorStoreUnavailableError),
    ],
)
def test_what_the_local_service_never_answers_has_its_kind_of_error_too(code, kind):
    assert error_for(code) is kind


class ClosableClient:
    def __init__(self):
        self.closed = 0

    def close(self):
        self.closed += 1


def test_a_store_closes_the_client_that_it_made(monkeypatch):
    made = ClosableClient()
    monkeypatch.setattr("vector_store.factory.s3vectors_client", lambda: made)

    with VectorStoreFactory.for_vector_store("s3vectors://vectors"):
        assert made.closed == 0

    assert made.closed == 1


def test_a_store_closes_its_client_after_an_error_too(monkeypatch):
    made = ClosableClient()
    monkeypatch.setattr("vector_store.factory.s3vectors_client", lambda: made)

    with (
        pytest.raises(VectorStoreError),
        VectorStoreFactory.for_vector_store("s3vectors://vectors") as store,
    ):
        store.index("topic")

    assert made.closed == 1


def test_a_store_leaves_a_client_that_it_was_given_open():
    given = ClosableClient()

    with VectorStoreFactory.for_vector_store("s3vectors://vectors", client=given) as store:
        store.close()

    assert given.closed == 0


@pytest.mark.usefixtures("connect")
def test_a_store_finds_endpoint_region_and_credentials_in_the_environment(monkeypatch, service):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key-of-the-environment")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    with VectorStoreFactory.for_vector_store("s3vectors://vectors") as store:
        store.index("chunk").put([NORTH])

    assert {call.principal for call in service.calls.of()} == {"key-of-the-environment"}

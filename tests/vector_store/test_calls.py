"""What is told of the requests to the service, over the wire."""

import pytest
from botocore.exceptions import ClientError

from local.s3vectors.faults import Fault
from vector_store import Vector, VectorStoreFactory
from vector_store.calls import Call, watch_calls
from vector_store.vector import metadata_size, vector_size

NAME = "app1.chunk-acme"
VECTORS = [Vector(f"ключ{n}", [1.0, float(n), 0.5], {"value": "x" * 100 * n}) for n in range(4)]


@pytest.fixture
def calls():
    return []


@pytest.fixture
def index(client, calls):
    store = VectorStoreFactory.for_vector_store(
        "s3vectors://vectors/app1", client=watch_calls(client, calls.append)
    )
    index = store.index("chunk", tenant_id="acme")
    index.put(VECTORS)
    return index


def test_a_put_is_told_with_its_vectors_and_their_logical_bytes(index, calls):  # noqa: ARG001 - puts
    assert calls[-1] == Call("PutVectors", NAME, 4, sum(map(vector_size, VECTORS)))


def test_a_vector_is_its_numbers_its_key_and_its_metadata():
    vector = Vector("ключ", [0.1] * 1024, {"value": "ä"})

    assert vector_size(vector) == 4 * 1024 + len("ключ".encode()) + metadata_size({"value": "ä"})


def test_what_makes_an_index_is_told_one_request_at_a_time(index, calls):  # noqa: ARG001 - is made
    asked = [(call.operation, call.index_name) for call in calls[:-1]]

    assert asked == [("CreateVectorBucket", ""), ("CreateIndex", NAME)]


def test_a_query_is_told_with_what_it_returns_each_result_at_least_256_bytes(index, calls):
    matches = index.query([1.0, 1.0, 0.5], top_k=3)

    sizes = [len(m.key.encode()) + metadata_size(m.metadata) for m in matches]
    assert min(sizes) < 256 < max(sizes)
    assert calls[-1] == Call("QueryVectors", NAME, 3, sum(max(size, 256) for size in sizes))


def test_each_page_of_a_query_is_a_request(index, calls):
    index.put([Vector(f"{n}", [1.0, n, 0.0], {}) for n in range(150)])
    calls.clear()

    index.query([1.0, 1.0, 0.5], top_k=150)

    assert [(call.operation, call.vectors) for call in calls] == [
        ("QueryVectors", 100),
        ("QueryVectors", 50),
    ]


def test_a_read_is_told_with_what_it_found_and_a_deletion_with_its_keys(index, calls):
    calls.clear()

    index.get([VECTORS[0].key, "absent"])
    index.delete([VECTORS[0].key, "absent"])

    assert calls == [Call("GetVectors", NAME, 1), Call("DeleteVectors", NAME, 2)]


def test_a_refused_request_is_not_told(index, calls, client):  # noqa: ARG001 - is made
    calls.clear()

    with pytest.raises(ClientError):
        client.get_index(vectorBucketName="vectors", indexName="app1.chunk-nobody")

    assert calls == []


def test_a_request_that_is_repeated_is_told_once(index, calls, service):
    service.faults.add(Fault("ServiceUnavailableException", operation="PutVectors", times=1))
    calls.clear()

    index.put(VECTORS)

    assert [call.operation for call in calls] == ["PutVectors"]

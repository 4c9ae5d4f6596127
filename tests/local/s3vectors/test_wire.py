from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection
from socket import SHUT_WR, create_connection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson
import pytest
from botocore.exceptions import ClientError

from local.s3vectors import LocalServer, S3VectorsService
from local.s3vectors.calls import Call
from local.s3vectors.operations import OPERATIONS
from tests.local.s3vectors.conftest import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3vectors import S3VectorsClient

MIB_20 = 20_971_520


def body_of(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def post(
    endpoint: str, path: str, body: bytes | Iterator[bytes], method: str = "POST"
) -> tuple[int, str, Any]:
    """Status, error type and parsed body of one raw request."""
    connection = HTTPConnection(urlsplit(endpoint).netloc)
    try:
        connection.request(method, path, body)
        response = connection.getresponse()
        error = response.headers.get("x-amzn-errortype", "")
        return response.status, error, orjson.loads(response.read())
    finally:
        connection.close()


def create(client: S3VectorsClient, bucket: str, dimension: int = 2) -> Any:
    client.create_vector_bucket(vectorBucketName=bucket)
    client.create_index(
        vectorBucketName=bucket,
        indexName="chunk",
        dataType="float32",
        dimension=dimension,
        distanceMetric="cosine",
    )
    return {"vectorBucketName": bucket, "indexName": "chunk"}


def test_a_botocore_client_can_do_everything_with_a_vector_bucket(
    client: S3VectorsClient,
) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    created = client.create_vector_bucket(vectorBucketName="wire-bucket")

    bucket = client.get_vector_bucket(vectorBucketName="wire-bucket")["vectorBucket"]
    listed = client.list_vector_buckets(prefix="wire-bucket")["vectorBuckets"]

    assert bucket["vectorBucketArn"] == created["vectorBucketArn"] == listed[0]["vectorBucketArn"]
    assert before <= bucket["creationTime"] <= datetime.now(UTC)
    assert body_of(client.delete_vector_bucket(vectorBucketName="wire-bucket")) == {}
    assert client.list_vector_buckets(prefix="wire-bucket")["vectorBuckets"] == []


def test_a_botocore_client_can_do_everything_with_an_index(client: S3VectorsClient) -> None:
    place = create(client, "wire-index")

    described = client.get_index(**place)["index"]
    listed = client.list_indexes(vectorBucketName="wire-index")["indexes"]

    assert described["dimension"] == 2
    assert described["distanceMetric"] == "cosine"
    assert [summary["indexArn"] for summary in listed] == [described["indexArn"]]
    assert body_of(client.delete_index(indexArn=described["indexArn"])) == {}
    assert client.list_indexes(vectorBucketName="wire-index")["indexes"] == []


def test_a_botocore_client_can_do_everything_with_vectors(client: S3VectorsClient) -> None:
    place = create(client, "wire-vectors")
    metadata = {"text": "Grüße 😀", "n": 1, "f": 0.5, "b": True, "tags": ["x", "y"]}
    vectors: list[Any] = [
        {"key": "a", "data": {"float32": [0.1, 0.2]}, "metadata": metadata},
        {"key": "b", "data": {"float32": [-0.1, 0.2]}},
    ]

    client.put_vectors(**place, vectors=vectors)

    stored = client.get_vectors(**place, keys=["a", "c"], returnData=True, returnMetadata=True)
    assert stored["vectors"][0]["metadata"] == metadata
    assert stored["vectors"][0]["data"]["float32"] == pytest.approx([0.1, 0.2], rel=1e-7)
    answer = client.query_vectors(
        **place,
        topK=5,
        queryVector={"float32": [0.1, 0.2]},
        filter={"n": {"$gte": 1}},
        returnMetadata=True,
        returnDistance=True,
    )
    # The query vector is rounded to float32 like the stored one.
    assert body_of(answer) == {
        "vectors": [{"key": "a", "distance": 0.0, "metadata": metadata}],
        "distanceMetric": "cosine",
    }
    client.delete_vectors(**place, keys=["a", "absent"])
    assert [v["key"] for v in client.list_vectors(**place)["vectors"]] == ["b"]


def test_numbers_of_metadata_go_over_the_wire_and_back(client: S3VectorsClient) -> None:
    place = create(client, "wire-numbers")
    metadata = {"u64": 2**64 - 1, "i64": -(2**63), "wide": 2**70, "large": 1e308, "small": 5e-324}

    client.put_vectors(
        **place, vectors=[{"key": "a", "data": {"float32": [1, 0]}, "metadata": metadata}]
    )

    (stored,) = client.get_vectors(**place, keys=["a"], returnMetadata=True)["vectors"]
    assert stored["metadata"] == {**metadata, "wide": float(2**70)}


def test_botocores_paginators_walk_all_pages(client: S3VectorsClient) -> None:
    place = create(client, "wire-pages")
    vectors: list[Any] = [{"key": str(i), "data": {"float32": [100, i]}} for i in range(250)]
    client.put_vectors(**place, vectors=vectors)

    listing = client.get_paginator("list_vectors").paginate(
        **place, PaginationConfig={"PageSize": 100}
    )
    pages = [[v["key"] for v in page["vectors"]] for page in listing]

    assert [len(page) for page in pages] == [100, 100, 50]


@pytest.mark.parametrize(
    ("call", "code", "status"),
    [
        ("get_index", "NotFoundException", 404),
        ("create_index", "ConflictException", 409),
        ("put_vectors", "ValidationException", 400),
    ],
)
def test_an_error_reaches_the_client_as_its_exception(
    client: S3VectorsClient, call: str, code: str, status: int
) -> None:
    bucket = "wire-error-" + call.replace("_", "-")
    place = create(client, bucket)
    requests: dict[str, dict[str, Any]] = {
        "get_index": {**place, "indexName": "absent"},
        "create_index": {
            **place,
            "dataType": "float32",
            "dimension": 2,
            "distanceMetric": "cosine",
        },
        "put_vectors": {**place, "vectors": [{"key": "a", "data": {"float32": [float("nan"), 1]}}]},
    }

    with pytest.raises(getattr(client.exceptions, code)) as caught:
        getattr(client, call)(**requests[call])

    response = caught.value.response
    assert response["Error"]["Code"] == code
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert response["ResponseMetadata"]["RequestId"]
    if code == "ValidationException":
        assert response["fieldList"] == [
            {"path": "vectors[0]", "message": "vector contains NaNs or Infs"}
        ]


def test_a_body_of_20_mib_is_taken_and_one_byte_more_is_not(endpoint: str) -> None:
    request = b'{"prefix": "body-limit"}'

    fits = post(endpoint, "/ListVectorBuckets", request.ljust(MIB_20))
    exceeds = post(endpoint, "/ListVectorBuckets", request.ljust(MIB_20 + 1))

    assert fits == (200, "", {"vectorBuckets": []})
    message = {"message": "Request body exceeds max allowed size"}
    assert exceeds == (400, "ValidationException", message)


def chunks(body: bytes, size: int) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


@pytest.fixture(params=["werkzeug", "alone"])
def either_server(request: pytest.FixtureRequest, service: S3VectorsService) -> Iterator[str]:
    if request.param == "alone":
        with LocalServer(service) as server:
            yield server.url
    else:
        with serving(service) as url:
            yield url


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_a_body_in_chunks_is_read_like_any_other(either_server: str, size: int) -> None:
    body = b'{"vectorBucketName": "in-chunks"}'

    created = post(either_server, "/CreateVectorBucket", chunks(body, size))
    listed = post(either_server, "/ListVectorBuckets", chunks(b"{}", size))

    assert created[0] == listed[0] == 200
    assert [b["vectorBucketName"] for b in listed[2]["vectorBuckets"]] == ["in-chunks"]


def test_a_body_in_chunks_of_20_mib_is_taken_and_one_byte_more_is_not(either_server: str) -> None:
    request = b'{"prefix": "body-limit"}'

    fits = post(either_server, "/ListVectorBuckets", chunks(request.ljust(MIB_20), 2**20))
    exceeds = post(either_server, "/ListVectorBuckets", chunks(request.ljust(MIB_20 + 1), 2**20))

    assert fits == (200, "", {"vectorBuckets": []})
    message = {"message": "Request body exceeds max allowed size"}
    assert exceeds == (400, "ValidationException", message)


@pytest.mark.parametrize(
    "body", [b"x\r\n", b"+2\r\n{}\r\n0\r\n\r\n", b"2\r\n{}00\r\n", b"5\r\n{}", b"2\r\n{}\r\n"]
)
def test_a_body_of_broken_chunks_is_a_serialization_error(
    service: S3VectorsService, body: bytes
) -> None:
    with LocalServer(service) as server:
        connection = create_connection(("127.0.0.1", urlsplit(server.url).port or 0))
        with closing(connection), connection.makefile("rwb") as stream:
            head = b"POST /ListVectorBuckets HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
            stream.write(head + body)
            stream.flush()
            connection.shutdown(SHUT_WR)
            answer = stream.read()

    assert b" 400 " in answer.splitlines()[0]
    assert b"SerializationException" in answer


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'"x"', b'{"prefix": NaN}', b'{"prefix": 1}', b'{"prefix": "\\ud800"}', b"\xff"],
)
def test_a_body_that_is_not_the_modelled_json_is_a_serialization_error(
    endpoint: str, body: bytes
) -> None:
    answer = post(endpoint, "/ListVectorBuckets", body)

    assert answer == (400, "SerializationException", {"message": "UnknownError"})


@pytest.mark.parametrize(
    ("body", "error"),
    [(b"{".ljust(MIB_20 + 1), "ValidationException"), (b"{", "SerializationException")],
    ids=["too large", "no JSON"],
)
def test_a_call_is_recorded_even_if_its_body_cannot_be_read(
    service: S3VectorsService, body: bytes, error: str
) -> None:
    with serving(service) as url:
        post(url, "/PutVectors", body)

    assert service.calls.of() == [Call("PutVectors", "*", "", len(body), error)]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/ListVectorBuckets"), ("POST", "/Nothing"), ("POST", "/")]
)
def test_an_unknown_route_is_an_unknown_operation(endpoint: str, method: str, path: str) -> None:
    status, error, _ = post(endpoint, path, b"{}", method)

    assert (status, error) == (404, "UnknownOperationException")


def test_nulls_and_unknown_members_are_ignored(endpoint: str) -> None:
    body = b'{"prefix": "none-such", "nextToken": null, "future": 1}'

    assert post(endpoint, "/ListVectorBuckets", body) == (200, "", {"vectorBuckets": []})


def test_all_22_operations_of_the_service_model_are_there(client: S3VectorsClient) -> None:
    assert sorted(OPERATIONS) == sorted(client.meta.service_model.operation_names)
    assert len(OPERATIONS) == 22


def test_a_full_batch_in_large_vectors_arrives_whole(client: S3VectorsClient) -> None:
    place = create(client, "wire-batch", dimension=128)
    vectors: list[Any] = [
        {"key": str(i), "data": {"float32": [(i * j % 7 + 0.5) / 7 for j in range(128)]}}
        for i in range(500)
    ]

    client.put_vectors(**place, vectors=vectors)

    pages = client.get_paginator("list_vectors").paginate(**place)
    assert sum([len(page["vectors"]) for page in pages]) == 500


def test_mixed_addressing_is_refused_over_the_wire(client: S3VectorsClient) -> None:
    place = create(client, "wire-address")
    arn = client.get_index(**place)["index"]["indexArn"]

    with pytest.raises(ClientError, match="Must specify either indexArn or both"):
        client.list_vectors(**place, indexArn=arn)

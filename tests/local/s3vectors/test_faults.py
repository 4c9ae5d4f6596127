from __future__ import annotations

from contextlib import closing
from http.client import HTTPConnection
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson
import pytest
from botocore.exceptions import ConnectionClosedError
from hypothesis import given, settings
from hypothesis import strategies as st

from local.s3vectors import Fault, LocalServer, S3VectorsError, S3VectorsService
from local.s3vectors.calls import MAX_CALLS, Call, CallLog
from local.s3vectors.errors import TooManyRequestsError, ValidationError
from local.s3vectors.faults import ERRORS, Faults
from local.s3vectors.write_rates import WriteRates
from tests.local.s3vectors.calls import BUCKET, INDEX, create_index, get, put, vector
from tests.local.s3vectors.conftest import client_of, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

ARN = "arn:aws:s3vectors:us-east-1:123456789012:bucket/vectors/index/chunk"


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_the_next_calls_of_an_operation_fail_as_asked(service: S3VectorsService, code: str) -> None:
    create_index(service)
    service.faults.add(Fault(code, operation="PutVectors", times=2))

    for _ in range(2):
        with pytest.raises(S3VectorsError) as caught:
            put(service, vector("a", 1, 0))
        assert caught.value.code == code
    assert get(service, "a") == {}
    put(service, vector("a", 1, 0))
    assert list(get(service, "a")) == ["a"]


def test_an_answer_can_be_lost_after_the_work_was_done(service: S3VectorsService) -> None:
    create_index(service)
    service.faults.add(Fault("InternalServerException", times=1, performed=True))

    with pytest.raises(S3VectorsError, match="InternalServerException on demand"):
        put(service, vector("a", 1, 0))

    assert list(get(service, "a")) == ["a"]


def test_faults_come_at_a_rate_until_they_are_cleared() -> None:
    faults = Faults(random=Random(7))  # noqa: S311 - no secret
    faults.add(Fault("ServiceUnavailableException", probability=0.25))

    struck = sum(faults.awaited("GetVectors").error is not None for _ in range(1000))
    faults.clear()

    assert 200 < struck < 300
    assert faults.awaited("GetVectors") == Fault()


def test_the_first_fault_that_concerns_a_call_strikes_it_after_its_wait() -> None:
    waits: list[float] = []
    faults = Faults(sleep=waits.append)
    faults.add(Fault(operation="QueryVectors", delay_seconds=2.5, times=1))
    faults.add(Fault("RequestTimeoutException", delay_seconds=1))

    errors = [faults.awaited(name).error for name in ("QueryVectors", "QueryVectors", "GetIndex")]

    assert errors == [None, "RequestTimeoutException", "RequestTimeoutException"]
    assert waits == [2.5, 1, 1]


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"error": "Oops"}, "error"),
        ({"operation": "put_vectors"}, "operation"),
        ({"probability": 1.5}, "probability"),
        ({"times": 0}, "times"),
        ({"delay_seconds": -1}, "delaySeconds"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Fault(**fields)

    assert caught.value.fields[0].path == path


class FakeClock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def admitted(rates: WriteRates, count: int, operation: str = "PutVectors", arn: str = ARN) -> bool:
    try:
        rates.admit(operation, arn, {"vectors": [0] * count, "keys": [0] * count})
    except TooManyRequestsError:
        return False
    return True


@given(
    writes=st.lists(st.tuples(st.floats(0, 0.3), st.integers(1, 500)), max_size=60),
)
@settings(max_examples=100, deadline=None)
def test_any_writes_pass_up_to_a_burst_and_the_rate(writes: list[tuple[float, int]]) -> None:
    clock = FakeClock()
    rates = WriteRates(clock)
    vectors = requests = 0
    for wait, count in writes:
        clock.now += wait
        if admitted(rates, count, "DeleteVectors" if count % 2 else "PutVectors"):
            vectors, requests = vectors + count, requests + 1
        else:
            assert vectors + count > 2500 or requests + 1 > 1000
        assert vectors <= 2500 + 2500 * clock.now + 1e-6
        assert requests <= 1000 + 1000 * clock.now + 1e-6


def test_writes_above_the_rate_wait_for_the_clock_and_other_indexes_do_not() -> None:
    clock = FakeClock()
    rates = WriteRates(clock)

    assert [admitted(rates, 500) for _ in range(6)] == [True] * 5 + [False]
    assert admitted(rates, 500, arn=ARN + "-other")
    assert admitted(rates, 500, "QueryVectors")
    clock.now = 0.2
    assert [admitted(rates, 500), admitted(rates, 1)] == [True, False]
    clock.now = 10
    assert sum(admitted(rates, 1) for _ in range(1100)) == 1000


def test_write_rates_are_enforced_only_when_asked(service: S3VectorsService) -> None:
    create_index(service)
    batch = [vector(str(i), 1, 0) for i in range(500)]
    for _ in range(6):
        put(service, *batch)

    service.enforce_write_rates(clock=FakeClock())
    for _ in range(5):
        put(service, *batch)
    with pytest.raises(TooManyRequestsError):
        put(service, *batch)
    service.enforce_write_rates(enforced=False)
    put(service, *batch)


def test_every_call_is_recorded_with_its_end(service: S3VectorsService) -> None:
    create_index(service)
    put(service, vector("a", 1, 0))
    with pytest.raises(S3VectorsError):
        service.call("GetVectors", {**INDEX, "keys": []}, signed_by="me", request_bytes=9)
    with pytest.raises(S3VectorsError):
        service.call("DropEverything", {})

    assert [call.operation for call in service.calls.of()][:3] == [
        "CreateVectorBucket",
        "CreateIndex",
        "PutVectors",
    ]
    assert service.calls.of("PutVectors") == [Call("PutVectors", ARN, None, None, None)]
    assert service.calls.of("GetVectors") == [
        Call("GetVectors", ARN, "me", 9, "ValidationException")
    ]
    assert service.calls.of()[-1].error == "UnknownOperationException"
    service.calls.clear()
    assert service.calls.of() == []


def test_the_record_of_calls_forgets_the_oldest() -> None:
    log = CallLog()
    for i in range(MAX_CALLS + 1):
        log.add(Call(str(i), "*", None, None, None))

    assert len(log.of()) == MAX_CALLS
    assert log.of()[0].operation == "1"


@pytest.fixture(params=["werkzeug", "alone"])
def url(service: S3VectorsService, request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "werkzeug":
        with serving(service) as url:
            yield url
    else:
        with LocalServer(service) as server:
            yield server.url


def admin(url: str, method: str, path: str, **body: Any) -> tuple[int, Any]:
    with closing(HTTPConnection(urlsplit(url).netloc)) as connection:
        connection.request(method, f"/_s3vectors/{path}", orjson.dumps(body))
        response = connection.getresponse()
        return response.status, orjson.loads(response.read())


def test_faults_and_calls_are_administered_over_http(url: str, service: S3VectorsService) -> None:
    fault = {"error": "TooManyRequestsException", "operation": "ListVectorBuckets", "times": 1}

    with closing(client_of(url, "key-1")) as client:
        assert admin(url, "POST", "faults", **fault) == (200, {})
        with pytest.raises(client.exceptions.TooManyRequestsException) as caught:
            client.list_vector_buckets()
        client.list_vector_buckets()
        admin(url, "POST", "faults", error="InternalServerException")
        admin(url, "DELETE", "faults")
        client.list_vector_buckets()

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    calls = admin(url, "GET", "calls")[1]["calls"]
    assert [call["error"] for call in calls] == ["TooManyRequestsException", None, None]
    assert calls[0] == {
        "operation": "ListVectorBuckets",
        "resource": "*",
        "principal": "key-1",
        "requestBytes": 2,
        "error": "TooManyRequestsException",
    }
    admin(url, "DELETE", "calls")
    assert service.calls.of() == []


def test_write_rates_are_administered_over_http(url: str, service: S3VectorsService) -> None:
    assert admin(url, "PUT", "write-rates", enforced=True) == (200, {})
    assert service._write_rates is not None
    admin(url, "PUT", "write-rates", enforced=False)
    assert service._write_rates is None


def test_a_throttled_write_reaches_the_client(url: str, service: S3VectorsService) -> None:
    create_index(service, dimension=1)
    service.enforce_write_rates(clock=FakeClock())
    put(service, *(vector(str(i), 1) for i in range(500)))
    delete = {**INDEX, "keys": [str(i) for i in range(500)]}

    with closing(client_of(url)) as client:
        for _ in range(4):
            client.delete_vectors(**delete)
        with pytest.raises(client.exceptions.TooManyRequestsException):
            client.delete_vectors(**delete)


@pytest.mark.parametrize("performed", [False, True])
def test_a_connection_is_reset_on_demand(
    url: str, service: S3VectorsService, performed: bool
) -> None:
    service.faults.add(Fault("ConnectionReset", times=1, performed=performed))

    with closing(client_of(url)) as client:
        with pytest.raises(ConnectionClosedError):
            client.create_vector_bucket(**BUCKET)
        names = [b["vectorBucketName"] for b in client.list_vector_buckets()["vectorBuckets"]]

    assert names == (["vectors"] if performed else [])
    assert service.calls.of("CreateVectorBucket")[0].error == "ConnectionReset"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "faults", {"error": "Oops"}, 400),
        ("POST", "faults", {"kind": "x"}, 400),
        ("POST", "faults", {"times": "3"}, 400),
        ("POST", "faults", {"times": True}, 400),
        ("GET", "faults", {}, 404),
        ("POST", "nothing", {}, 404),
    ],
)
def test_a_wrong_admin_request_is_refused(
    url: str, method: str, path: str, body: dict[str, Any], status: int
) -> None:
    assert admin(url, method, path, **body)[0] == status

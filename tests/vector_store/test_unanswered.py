"""What is told of attempts at a write that had no answer, over the wire."""

import pytest

from local.s3vectors.faults import Fault
from vector_store import Vector, VectorStoreFactory
from vector_store.errors import VectorStoreUnavailableError

VECTORS = [Vector(f"{n}", [1.0, n], {}) for n in range(1, 502)]
KEYS = [vector.key for vector in VECTORS]


@pytest.fixture
def index(client, monkeypatch):
    """Its client repeats a request without a wait."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
    store = VectorStoreFactory.for_vector_store("s3vectors://vectors/app1", client=client)
    index = store.index("chunk", tenant_id="acme")
    index.prepare(2)
    return index


@pytest.mark.parametrize("performed", [True, False])
def test_an_attempt_that_had_no_answer_is_told_with_its_keys_though_the_next_had_one(
    index, service, performed
):
    told = []
    service.faults.add(Fault("ConnectionReset", "PutVectors", times=1, performed=performed))
    index.put(VECTORS, unanswered=told.append)
    service.faults.add(Fault("ConnectionReset", "DeleteVectors", times=2, performed=performed))
    index.delete(KEYS, unanswered=told.append)

    assert told == [KEYS[:500]] * 3


def test_an_attempt_that_had_no_answer_is_told_when_it_is_the_last(index, service):
    told = []
    service.faults.add(Fault("ConnectionReset", "PutVectors"))

    with pytest.raises(VectorStoreUnavailableError):
        index.put(VECTORS[:1], unanswered=told.append)

    assert told == [KEYS[:1]] * 4


@pytest.mark.parametrize("error", ["InternalServerException", "RequestTimeoutException"])
def test_an_attempt_that_the_service_failed_at_is_told(index, service, error):
    told = []
    service.faults.add(Fault(error, "PutVectors", times=1, performed=True))

    index.put(VECTORS[:1], unanswered=told.append)

    assert told == [KEYS[:1]]


@pytest.mark.parametrize("error", ["TooManyRequestsException", "ServiceUnavailableException"])
def test_attempts_that_were_refused_are_not_told(index, service, error):
    told = []
    service.faults.add(Fault(error, times=3))

    index.put(VECTORS[:1], unanswered=told.append)

    assert told == []


def test_what_happens_to_a_read_is_not_told(index, service):
    told = []
    index.put(VECTORS[:1], unanswered=told.append)
    service.faults.add(Fault("ConnectionReset", times=1))

    assert list(index.get(KEYS[:1])) == KEYS[:1]
    assert told == []

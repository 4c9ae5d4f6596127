"""A put takes the next vectors while a full request is on its way."""

import threading
import tracemalloc

import pytest

from tests.vector_store.bodies import SentBodies
from vector_store import Vector
from vector_store.errors import VectorStoreThrottledError, VectorStoreUnavailableError

SECONDS = 10
"""More than anything here takes."""


def vectors(count, text="text"):
    return [Vector(f"{n:04}", [1.0, 0.5], {"value": text}) for n in range(count)]


@pytest.fixture
def sent():
    return SentBodies()


def at_each_request(sent, act):
    sent.client.meta.events.register_first("before-send.s3vectors.PutVectors", act)


def fail_with(error):
    def act(**_):
        raise error

    return act


def test_the_next_vectors_are_taken_while_a_full_request_is_on_its_way(sent):
    taken = threading.Event()
    met = []
    at_each_request(sent, lambda **_: met.append(taken.wait(SECONDS)))

    def stream():
        yield from vectors(500)
        taken.set()
        yield from vectors(3)

    assert sent.index(2).put(stream()) == 503
    assert met == [True, True]


def test_requests_follow_one_another(sent):
    under_way = threading.Semaphore(1)

    def act(**_):
        assert under_way.acquire(blocking=False)
        under_way.release()

    at_each_request(sent, act)

    sent.index(2).put(vectors(2_100))

    assert [len(body["vectors"]) for body in sent.parsed] == [500, 500, 500, 500, 100]


def test_callers_are_told_of_each_request_before_and_after_it(sent):
    told = []

    def tell(what):
        return lambda keys: told.append(
            (what, keys[0], len(keys), len(sent.requests), threading.current_thread().name)
        )

    sent.index(2).put(vectors(1_200), before_request=tell("before"), after_request=tell("after"))

    here = threading.current_thread().name
    assert told == [
        ("before", "0000", 500, 0, here),
        ("after", "0000", 500, 1, here),
        ("before", "0500", 500, 1, here),
        ("after", "0500", 500, 2, here),
        ("before", "1000", 200, 2, here),
        ("after", "1000", 200, 3, here),
    ]


def test_an_error_in_what_is_put_is_raised_when_the_request_under_way_is_done(sent):
    failed, stored = threading.Event(), []
    at_each_request(sent, lambda **_: failed.wait(SECONDS) and None)

    def stream():
        yield from vectors(500)
        failed.set()
        raise TimeoutError("no more")

    with pytest.raises(TimeoutError, match="no more"):
        sent.index(2).put(stream(), after_request=stored.append)

    assert [len(keys) for keys in stored] == [500]


def test_the_error_of_the_request_under_way_comes_before_another(sent):
    stored = []
    at_each_request(sent, fail_with(VectorStoreUnavailableError("lost")))

    def stream():
        yield from vectors(500)
        raise TimeoutError("no more")

    with pytest.raises(VectorStoreUnavailableError, match="lost") as error:
        sent.index(2).put(stream(), after_request=stored.append)

    assert isinstance(error.value.__context__, TimeoutError)
    assert stored == []


@pytest.mark.parametrize("count", [500, 499, 1_300])
def test_a_request_that_fails_is_not_reported_and_none_follows_it(sent, count):
    before, stored = [], []
    at_each_request(sent, fail_with(VectorStoreThrottledError("not now")))

    with pytest.raises(VectorStoreThrottledError):
        sent.index(2).put(vectors(count), before_request=before.append, after_request=stored.append)

    assert (len(before), stored) == (1, [])


def test_no_thread_is_left_behind(sent):
    before = threading.active_count()

    sent.index(2).put(vectors(1_000))

    assert threading.active_count() == before


def test_no_more_than_two_bodies_are_held_however_many_there_are(sent):
    sizes = []

    def act(request, **_):
        sizes.append(len(request.body))
        sent.requests.clear()

    at_each_request(sent, act)
    text = 16_000 * "x"
    tracemalloc.start()
    try:
        sent.index(2).put(Vector(str(n), [1.0, 0.5], {"value": text}) for n in range(2_300))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(sizes) == 5
    assert max(sizes) > 8_000_000
    # A bytearray that grows has room for an eighth more, and is copied as it does.
    assert peak < 3.3 * max(sizes)

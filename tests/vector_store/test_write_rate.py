"""Writers of any number, whatever and whenever they send, keep to an index's quota in every second."""

from bisect import bisect_left
from fractions import Fraction
from itertools import accumulate
from threading import Event

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.vector_store.bodies import SentBodies
from vector_store import Vector, WritableVectorIndex
from vector_store.index_name import IndexName
from vector_store.write_rate import WriteRate

REQUESTS, VECTORS = 1_000, 2_500
"""What an index takes in a second."""


class Writer:
    """One of so many, on a clock that moves by what it does alone."""

    def __init__(self, writers=1, began=0):
        self.now = Fraction(began)
        self.slept = []
        self.rate = WriteRate(writers=writers, clock=lambda: self.now, sleep=self._sleep)

    def _sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def send(self, vectors, until_counted=0, until_answered=0):
        """Return when the service counts it."""
        with self.rate.room_for(vectors):
            self.now += until_counted
            counted_at = self.now
            self.now += until_answered
        return counted_at


def milliseconds(most):
    """Exact, and often none: what comes at once is what may be too much."""
    return st.just(Fraction(0)) | st.integers(0, most).map(lambda count: Fraction(count, 1_000))


MANY = st.integers(1, REQUESTS)
SENDINGS = st.lists(
    st.tuples(
        st.just(VECTORS) | st.integers(1, VECTORS),
        milliseconds(2_500),
        milliseconds(400),
        milliseconds(400),
    ),
    max_size=25,
)
"""Of a writer: how many vectors each request would have if it might, after which pause; and how long
it takes to be counted, and then to be answered."""


def counted(writer, sendings):
    """Yield what the service counts: when, and how many vectors."""
    for wanted, pause, until_counted, until_answered in sendings:
        writer.now += pause
        vectors = min(wanted, writer.rate.max_vectors)
        yield writer.send(vectors, until_counted, until_answered), vectors


@settings(deadline=None)
@given(MANY, st.lists(st.tuples(milliseconds(2_000), SENDINGS), min_size=1, max_size=4))
@example(5, [(0, [(500, 0, 0, 0)] * 3)])
@example(25, [(0, [(100, 0, Fraction(2, 5), 0), (100, 0, 0, 0)])])
@example(1_000, [(0, [(1, 0, 0, 0)] * 3)])
def test_any_requests_of_all_writers_together_stay_within_the_quota_in_every_second(
    writers, histories
):
    sent = []
    for position, (began, sendings) in enumerate(histories):
        alike = len(range(position, writers, len(histories)))
        for moment, vectors in counted(Writer(writers, began), sendings):
            sent.append((moment, alike, alike * vectors))

    sent.sort()
    moments = [moment for moment, _, _ in sent]
    requests = [0, *accumulate(requests for _, requests, _ in sent)]
    vectors = [0, *accumulate(vectors for _, _, vectors in sent)]
    for first, moment in enumerate(moments):
        end = bisect_left(moments, moment + 1)
        assert requests[end] - requests[first] <= REQUESTS
        assert vectors[end] - vectors[first] <= VECTORS


@settings(deadline=None)
@given(MANY, SENDINGS)
def test_any_request_waits_for_a_second_at_most_and_only_while_it_would_be_too_much(
    writers, sendings
):
    writer = Writer(writers)
    answered = []
    for wanted, pause, until_counted, until_answered in sendings:
        writer.now += pause
        vectors = min(wanted, writer.rate.max_vectors)
        writer.slept.clear()
        sent_at = writer.send(vectors, until_counted, until_answered) - until_counted
        if writer.slept:
            last = [count for moment, count in answered if moment + 1 >= sent_at]
            assert 0 < sum(writer.slept) <= 1
            assert sum(last) + vectors > VECTORS // writers or len(last) + 1 > REQUESTS // writers
        answered.append((writer.now, vectors))


def test_a_second_of_vectors_goes_at_once_and_the_next_a_second_later():
    writer = Writer()

    moments = [writer.send(500) for _ in range(11)]

    assert moments == [0] * 5 + [1] * 5 + [2]


def test_requests_are_counted_besides_their_vectors():
    writer = Writer()

    moments = [writer.send(1) for _ in range(1_001)]

    assert moments == [0] * 1_000 + [1]


def test_a_request_counts_for_a_second_from_its_answer_on():
    writer = Writer(writers=5)

    writer.send(500, until_counted=Fraction(1, 10), until_answered=Fraction(1, 5))

    assert writer.send(500) == Fraction(13, 10)


def test_a_request_that_fails_counts_too():
    writer = Writer(writers=5)
    with pytest.raises(TimeoutError), writer.rate.room_for(500):
        raise TimeoutError

    assert writer.send(1) == 1


@pytest.mark.parametrize("writers", [0, 1_001])
def test_so_many_writers_as_cannot_share_the_requests_are_refused(writers):
    with pytest.raises(ValueError, match=f"^{writers} writers .* expected 1 to 1,000$"):
        WriteRate(writers=writers)


def index_of(sent, rate):
    index = WritableVectorIndex(sent.client, "bucket", IndexName("chunk"), rate=rate)
    index.trust(2)
    return index


@pytest.mark.parametrize(
    ("writers", "sizes"),
    [(1, [500, 500]), (5, [500, 500]), (6, [416, 416, 168]), (25, [100] * 10)],
)
def test_requests_are_full_unless_that_is_more_than_the_writers_part(writers, sizes):
    sent = SentBodies()
    index = index_of(sent, Writer(writers).rate)
    vectors = [Vector(f"{n:03}", [1.0, 0.5], {}) for n in range(1_000)]

    index.put(vectors)
    index.delete(vector.key for vector in vectors)

    put, deleted = sent.parsed[: len(sizes)], sent.parsed[len(sizes) :]
    assert [len(body["vectors"]) for body in put] == sizes
    assert [len(body["keys"]) for body in deleted] == sizes


@pytest.mark.parametrize("write", ["put", "delete"])
def test_who_may_not_send_is_stopped_before_it_waits(write):
    sent, writer = SentBodies(), Writer(writers=25)
    index = index_of(sent, writer.rate)
    vectors = [Vector(f"{n:03}", [1.0, 0.5], {}) for n in range(300)]

    def ask(keys):
        if keys[0] == "200":
            raise TimeoutError

    with pytest.raises(TimeoutError):
        getattr(index, write)(
            vectors if write == "put" else [vector.key for vector in vectors], before_request=ask
        )

    assert len(sent.requests) == 2
    assert writer.slept == [1]


def test_the_next_vectors_are_taken_while_a_full_request_waits():
    sent, taken, met = SentBodies(), Event(), []
    rate = WriteRate(writers=5, clock=lambda: 0, sleep=lambda _: met.append(taken.wait(10)))

    def stream():
        for n in range(1_001):
            if n == 1_000:
                taken.set()
            yield Vector(f"{n:04}", [1.0, 0.5], {})

    index_of(sent, rate).put(stream())

    assert met == [True, True]

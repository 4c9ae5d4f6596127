import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vector_store.write_rate import WriteRate


class Time:
    """A clock that only sleeping moves, a little late as clocks are."""

    def __init__(self):
        self.now = 1_000.0
        self.slept = []

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def rate(self, **settings):
        return WriteRate(clock=lambda: self.now, sleep=self.sleep, **settings)


def test_a_second_of_vectors_goes_at_once_and_then_as_many_as_come_back():
    time = Time()
    rate = time.rate()

    for _ in range(20):
        rate.wait(500)

    seconds = time.now - 1_000
    assert seconds == pytest.approx((20 * 500 - 2_375) / 2_375)
    assert len(time.slept) == 16


def test_requests_are_counted_besides_their_vectors():
    time = Time()
    rate = time.rate()

    for _ in range(1_900):
        rate.wait(1)

    assert time.now - 1_000 == pytest.approx(1.0)


def test_writers_share_the_rate():
    time = Time()
    rate = time.rate(writers=10)

    for _ in range(20):
        rate.wait(100)

    assert time.now - 1_000 == pytest.approx((2_000 - 237.5) / 237.5)


def test_one_request_alone_is_never_held_back_for_its_size():
    time = Time()
    rate = time.rate(writers=100)

    rate.wait(500)

    assert time.slept == []
    rate.wait(500)
    assert time.slept == [pytest.approx(500 / 23.75)]


def test_who_waited_long_enough_does_not_wait():
    time = Time()
    rate = time.rate()
    for _ in range(5):
        rate.wait(500)
    time.now += 10
    time.slept.clear()

    for _ in range(4):
        rate.wait(500)

    assert time.slept == []


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 500), st.floats(0, 3)), min_size=1, max_size=60),
    st.integers(1, 4),
)
def test_any_requests_stay_below_the_quota_of_every_window(requests, writers):
    time = Time()
    rate = time.rate(writers=writers)
    sent = []
    for vectors, pause in requests:
        time.now += pause
        rate.wait(vectors)
        sent.append((time.now, vectors))

    for first, last in itertools.combinations_with_replacement(range(len(sent)), 2):
        seconds = sent[last][0] - sent[first][0]
        total = sum(vectors for _, vectors in sent[first : last + 1])
        assert total <= 2_500 / writers * (1 + seconds) + 500

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncing.pace import Pace


class Time:
    def __init__(self):
        self.now = 0.0

    def sleep(self, seconds):
        assert seconds >= 0
        self.now += seconds


@given(st.floats(0.1, 1_000), st.lists(st.tuples(st.integers(1, 10), st.floats(0, 10)), min_size=2))
def test_never_more_go_through_than_the_rate_allows(rate, steps):
    time = Time()
    pace = Pace(rate, clock=lambda: time.now, sleep=time.sleep)
    gone = []
    for count, idle in steps:
        time.now += idle
        pace.wait(count)
        gone.append((time.now, count))

    for (one, count), (next_one, _) in pairwise(gone):
        assert next_one - one >= count / rate - 1e-6


def test_waiting_takes_no_longer_than_the_rate_asks_for():
    time = Time()
    pace = Pace(100, clock=lambda: time.now, sleep=time.sleep)
    for _ in range(101):
        pace.wait(10)

    assert time.now == pytest.approx(10)

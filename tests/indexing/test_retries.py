from hypothesis import given
from hypothesis import strategies as st

from indexing.retries import MAX_DELAY_SECONDS, retry_delay


def test_the_longest_delay_doubles_with_each_attempt():
    assert [retry_delay(n, fraction=1) for n in (1, 2, 3, 4)] == [20, 40, 80, 160]


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_any_delay_is_one_that_the_queue_takes(receive_count, fraction):
    assert 1 <= retry_delay(receive_count, fraction=fraction) <= MAX_DELAY_SECONDS

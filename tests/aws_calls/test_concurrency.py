import threading
import time
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aws_calls import as_they_come, in_order


class Running:
    def __init__(self) -> None:
        self.now = self.most = self.started = 0
        self._lock = threading.Lock()

    def call(self, number: int) -> int:
        with self._lock:
            self.started += 1
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.0005)
        with self._lock:
            self.now -= 1
        return number


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 30), st.integers(1, 8))
def test_any_number_of_calls_keeps_its_order_and_the_bound(count: int, bound: int) -> None:
    running = Running()

    results = in_order(
        [partial(running.call, number) for number in range(count)],
        max_concurrency=bound,
        purpose="test",
    )

    assert results == list(range(count))
    assert running.most <= bound


def test_a_slow_first_call_comes_first_and_holds_up_no_other() -> None:
    last_is_done = threading.Event()

    def first() -> str:
        assert last_is_done.wait(timeout=10)
        return "first"

    def last() -> str:
        last_is_done.set()
        return "last"

    assert in_order([first, last], max_concurrency=2, purpose="test") == ["first", "last"]


def test_after_a_failure_no_further_call_is_started() -> None:
    running = Running()

    def fail() -> int:
        raise LookupError("the first call")

    calls = [
        partial(fail),
        *(partial(running.call, number) for number in range(10_000)),
    ]
    with pytest.raises(LookupError, match="the first call"):
        in_order(calls, max_concurrency=4, purpose="test")

    assert running.started < 10_000
    assert running.now == 0


def test_of_two_failures_the_first_in_order_is_raised() -> None:
    both_run = threading.Barrier(2)

    def fail(number: int) -> int:
        both_run.wait(timeout=10)
        raise LookupError(f"call {number}")

    with pytest.raises(LookupError, match="call 0"):
        in_order([partial(fail, 0), partial(fail, 1)], max_concurrency=2, purpose="test")


def test_a_thread_is_named_after_what_it_is_for() -> None:
    both_run = threading.Barrier(2)

    def name() -> str:
        both_run.wait(timeout=10)
        return threading.current_thread().name

    names = in_order([name, name], max_concurrency=2, purpose="context")

    assert all(name.startswith("context") for name in names)


def failing(number: int) -> int:
    raise LookupError(f"call {number}")


@settings(max_examples=50, deadline=None)
@given(st.lists(st.booleans(), max_size=30), st.integers(1, 8))
def test_any_calls_yield_each_result_that_comes_before_the_first_error_is_raised(
    succeed: list[bool], bound: int
) -> None:
    running, results, errors = Running(), list[tuple[int, int]](), list[LookupError]()
    calls = [
        partial(running.call if succeeds else failing, number)
        for number, succeeds in enumerate(succeed)
    ]

    try:
        for result in as_they_come(calls, max_concurrency=bound, purpose="test"):
            results.append(result)
    except LookupError as error:
        errors.append(error)

    succeeded = [(number, number) for number, succeeds in enumerate(succeed) if succeeds]
    failures = len(succeed) - len(succeeded)
    assert bool(errors) == bool(failures)
    assert running.most <= bound
    assert set(results) <= set(succeeded)
    if failures < bound:
        assert sorted(results) == succeeded


def test_after_as_many_failures_as_calls_may_run_at_once_none_is_started() -> None:
    running = Running()
    calls = [*(partial(failing, n) for n in range(4)), *[partial(running.call, 4)] * 10_000]

    with pytest.raises(LookupError):
        list(as_they_come(calls, max_concurrency=4, purpose="test"))

    assert running.started < 10_000
    assert running.now == 0


def test_a_slow_first_call_keeps_no_result_waiting() -> None:
    second_is_taken = threading.Event()

    def first() -> str:
        assert second_is_taken.wait(timeout=10)
        return "first"

    results = as_they_come([first, lambda: "second"], max_concurrency=2, purpose="test")

    assert next(results) == (1, "second")
    second_is_taken.set()
    assert list(results) == [(0, "first")]

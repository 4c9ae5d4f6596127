"""Whose documents a worker begins first."""

from datetime import UTC, datetime, timedelta

import pytest

from documents_bucket import document_key
from indexing.looks import Look
from indexing.turns import Turns


class Clock:
    def __init__(self):
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self):
        return self.now

    def let_pass(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def turns(clock):
    return Turns(clock=clock)


def look(key):
    return Look(document_key(key), ("1",), ("1",))


SLOW, SLOW_TOO = look("tenants/acme/1.pdf"), look("tenants/acme/2.pdf")
QUICK, QUICK_TOO = look("1.txt"), look("2.txt")
NOBODYS = look("tenants/No/1.txt")


def test_nobody_is_before_others_whom_nothing_was_spent_on(turns):
    assert turns.in_turn([SLOW, QUICK, SLOW_TOO, NOBODYS]) == [SLOW, QUICK, SLOW_TOO, NOBODYS]


def test_whoever_took_the_least_time_comes_first_in_the_order_of_the_messages(turns, clock):
    for each, seconds in ((SLOW, 120), (QUICK, 2), (QUICK_TOO, 2)):
        with turns.spent_on(each):
            clock.let_pass(seconds)

    looks = [SLOW, QUICK, SLOW_TOO, QUICK_TOO, NOBODYS]
    assert turns.in_turn(looks) == [NOBODYS, QUICK, QUICK_TOO, SLOW, SLOW_TOO]


def test_time_counts_whatever_came_of_it(turns, clock):
    with pytest.raises(ValueError, match="unreadable"), turns.spent_on(SLOW):
        clock.let_pass(120)
        raise ValueError("unreadable")

    assert turns.in_turn([SLOW, QUICK]) == [QUICK, SLOW]


def test_what_was_spent_is_forgotten_by_and_by(turns, clock):
    with turns.spent_on(SLOW):
        clock.let_pass(120)

    orders = [turns.in_turn([SLOW, QUICK]) for _ in range(9)]

    assert orders[0] == [QUICK, SLOW]
    assert orders[-1] == [SLOW, QUICK]

"""Which begun documents are written together."""

from types import SimpleNamespace

import pytest

from indexing.groups import MAX_GROUPS, MAX_PASSAGES_HELD, Groups
from indexing.writer import PASSAGES_PER_ROUND


def work(index, passages):
    entry = SimpleNamespace(index=index)
    return SimpleNamespace(claim=SimpleNamespace(entry=entry), passages=[None] * passages)


@pytest.fixture
def groups():
    return Groups()


def test_small_documents_of_one_index_are_a_group(groups):
    ours, theirs, ours_too = work("a", 3), work("b", 3), work("a", 3)

    assert [list(groups.add(each)) for each in (ours, theirs, ours_too)] == [[], [], []]
    assert list(groups.take_all()) == [[ours, ours_too], [theirs]]
    assert list(groups.take_all()) == []


def test_a_group_is_complete_when_it_fills_a_round(groups):
    first, second = work("a", PASSAGES_PER_ROUND - 1), work("a", 1)

    assert list(groups.add(first)) == []
    assert list(groups.add(second)) == [[first, second]]


def test_nobody_waits_for_a_large_document(groups):
    small, large = work("a", 1), work("b", PASSAGES_PER_ROUND)
    list(groups.add(small))

    assert list(groups.add(large)) == [[small], [large]]
    assert list(groups.take_all()) == []


def test_many_tenants_hold_a_bounded_number_of_passages(groups):
    size = PASSAGES_PER_ROUND // 2
    works = [work(f"index {number}", size) for number in range(100)]
    works[3].passages.append(None)

    written = [group for each in works for group in groups.add(each)]

    assert written[0] == [works[3]]
    held = sum(len(each.passages) for group in groups.take_all() for each in group)
    assert 0 < held < MAX_PASSAGES_HELD


def test_few_groups_are_held(groups):
    works = [work(f"index {number}", 1 + (number == 7)) for number in range(MAX_GROUPS + 1)]

    written = [group for each in works for group in groups.add(each)]

    assert written == [[works[7]]]
    assert len(list(groups.take_all())) == MAX_GROUPS

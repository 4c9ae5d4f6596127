from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import CatalogUnavailableError, DocumentState, EntryPages
from catalog.entry_pages import MAX_QUERIES
from tests.catalog.conftest import TABLE
from tests.catalog.test_entries import INDEX, settle, settle_many

FAILED, INDEXED, REMOVED = DocumentState.FAILED, DocumentState.INDEXED, DocumentState.REMOVED


@pytest.fixture
def entry_pages(client):
    return EntryPages(client, TABLE)


def all_pages(entry_pages, index=INDEX, **asked):
    """The keys of each page."""
    page = entry_pages.page(index, **asked)
    pages = [[entry.key for entry in page.entries]]
    while page.following:
        page = entry_pages.page(index, **asked, after=page.following)
        pages.append([entry.key for entry in page.entries])
    return pages


def test_documents_come_in_pages_in_the_order_of_their_keys(catalog, entry_pages):
    for key in ("b", "a", "é", "c", "d"):
        settle(catalog, key)
    settle(catalog, "a", index="vectors/app1.chunk-globex")

    assert [key for page in all_pages(entry_pages, limit=2) for key in page] == [
        "a",
        "b",
        "c",
        "d",
        "é",
    ]
    assert all(len(page) <= 2 for page in all_pages(entry_pages, limit=2))
    assert all_pages(entry_pages) == [["a", "b", "c", "d", "é"]]


def test_a_prefix_leaves_all_others_out(catalog, entry_pages):
    for key in ("a/1", "a/2", "a", "b/1"):
        settle(catalog, key)

    assert all_pages(entry_pages, prefix="a/") == [["a/1", "a/2"]]
    assert all_pages(entry_pages, prefix="c/") == [[]]


@pytest.mark.parametrize("prefix", ["", "a/"])
def test_the_few_that_failed_are_found_without_reading_the_others(
    catalog, entry_pages, calls, prefix
):
    for number in range(20):
        settle(catalog, f"a/{number}")
    settle(catalog, "a/bad", state=FAILED, reason="no text")
    calls.clear()

    page = entry_pages.page(INDEX, state=FAILED, prefix=prefix)

    assert [(entry.key, entry.reason) for entry in page.entries] == [("a/bad", "no text")]
    assert calls == ["Query", "BatchGetItem"]


def test_those_that_failed_come_with_all_that_is_known_of_them(catalog, entry_pages, client):
    reasons = {f"{number:03}": f"reason {number}" for number in range(120)}
    settle_many(client, {key: {"state": FAILED, "reason": text} for key, text in reasons.items()})
    settle(catalog, "good.txt")

    first = entry_pages.page(INDEX, state=FAILED)
    second = entry_pages.page(INDEX, state=FAILED, after=first.following)

    assert {entry.key: entry.reason for entry in first.entries + second.entries} == reasons
    assert second.following is None


def test_what_waits_to_be_forgotten_is_not_there(catalog, entry_pages):
    settle(catalog, "gone", state=REMOVED)
    settle(catalog, "here")

    assert all_pages(entry_pages) == [["here"]]
    assert entry_pages.get(INDEX, "gone") is None
    assert entry_pages.get(INDEX, "here").key == "here"
    assert entry_pages.get(INDEX, "nowhere") is None


def test_a_page_costs_a_bounded_number_of_queries_however_much_is_left_out(
    catalog, entry_pages, calls
):
    for number in range(20):
        settle(catalog, f"{number:02}", state=REMOVED)
    settle(catalog, "99")
    calls.clear()

    page = entry_pages.page(INDEX, limit=2)

    assert (page.entries, len(calls)) == ((), MAX_QUERIES)
    assert [key for keys in all_pages(entry_pages, limit=2) for key in keys] == ["99"]


def test_an_unreachable_catalog_says_so(entry_pages, client):
    client.delete_table(TableName=TABLE)

    with pytest.raises(CatalogUnavailableError, match="ResourceNotFoundException"):
        entry_pages.page(INDEX)


STATES = st.sampled_from([FAILED, INDEXED, REMOVED])
NUMBERS = count(1)
"""Of indexes: none is used twice."""


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    documents=st.dictionaries(st.text("ab/", min_size=1, max_size=4), STATES, max_size=12),
    state=st.none() | st.sampled_from([FAILED, INDEXED]),
    prefix=st.text("ab/", max_size=2),
    limit=st.integers(1, 5),
)
def test_pages_of_any_size_hold_each_document_that_is_asked_for_once(
    entry_pages, client, documents, state, prefix, limit
):
    index = f"vectors/{next(NUMBERS)}"
    settle_many(client, {key: {"state": its_state} for key, its_state in documents.items()}, index)

    pages = all_pages(entry_pages, index, state=state, prefix=prefix, limit=limit)
    found = [key for page in pages for key in page]

    expected = sorted(
        key
        for key, its_state in documents.items()
        if its_state in ({state} if state else {FAILED, INDEXED}) and key.startswith(prefix)
    )
    assert sorted(found) == expected
    assert state is FAILED or found == expected

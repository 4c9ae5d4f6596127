from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from catalog import Catalog, CatalogConflictError, DocumentEntry, DocumentState, EntryPages, KeyPage
from tests.catalog.conftest import TABLE, Clock
from tests.fakes.dynamodb import Table

INDEX = "vectors/app1.chunk-acme"


def settle(catalog, key, index=INDEX, **changes):
    entry = catalog.get(index, key) or DocumentEntry(index, key)
    claim = catalog.claim(entry, holder="m", lease_until=2_000_000_000)
    claim.settle(**{"state": DocumentState.INDEXED, **changes})
    return catalog.get(index, key)


def settle_many(client, documents, index=INDEX):
    """What `settle` makes of each key and its changes, in a request for every 25."""
    table = Table()
    for key, changes in documents.items():
        settle(Catalog(table, TABLE, clock=Clock()), key, index, **changes)
    items = list(table.items.values())
    for start in range(0, len(items), 25):
        part = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
        client.batch_write_item(RequestItems={TABLE: part})


def test_an_unknown_document_has_no_entry(catalog):
    assert catalog.get(INDEX, "a.txt") is None


def test_a_settled_entry_is_read_back_whole(catalog):
    facts = {
        "fingerprint": "f",
        "recipe": "r",
        "etag": '"e"',
        "last_modified": "2026-11-02T09:00:00+00:00",
        "sidecar_etag": '"s"',
        "version_id": "v1",
        "size": 7,
        "content_type": "text/plain",
        "chunk_count": 3,
        "reason": "no text",
        "indexed_at": "2026-11-02T09:15:00.000+00:00",
    }

    entry = settle(catalog, "a.txt", state=DocumentState.FAILED, **facts)

    assert {name: getattr(entry, name) for name in facts} == facts
    assert (entry.state, entry.lease_until, entry.holder) == (DocumentState.FAILED, 0, "")
    assert entry.created_at == entry.updated_at == "2026-11-02T09:15:00.000+00:00"


def test_a_text_that_is_emptied_is_gone(catalog):
    settle(catalog, "a.txt", reason="no text")

    assert settle(catalog, "a.txt", reason="").reason == ""


def test_a_bucket_key_of_1024_bytes_has_an_entry_in_every_state(catalog, client):
    longest = "é" * 512

    settle(catalog, longest, state=DocumentState.FAILED)

    assert catalog.get(INDEX, longest).key == longest
    page = EntryPages(client, TABLE).page(INDEX, state=DocumentState.FAILED)
    assert [entry.key for entry in page.entries] == [longest]


def test_documents_of_two_indexes_may_share_a_key(catalog):
    settle(catalog, "a.txt", etag="1")
    settle(catalog, "a.txt", index="vectors/app1.chunk", etag="2")

    assert catalog.get(INDEX, "a.txt").etag == "1"
    assert catalog.get("vectors/app1.chunk", "a.txt").etag == "2"


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(keys=st.sets(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), max_size=6))
def test_entries_of_any_keys_come_in_the_order_of_their_utf_8_bytes(catalog, client, keys):
    index = f"vectors/{len(keys)}-{abs(hash(frozenset(keys)))}"
    settle_many(client, {key: {} for key in keys}, index)

    listed = [entry.key for entry in catalog.entries.of_index(index)]

    assert listed == sorted(keys, key=str.encode)


def test_entries_are_listed_by_prefix_and_from_where_a_listing_ended(catalog):
    for key in ("a/1", "a/2", "a/3", "b/1"):
        settle(catalog, key)

    found = [e.key for e in catalog.entries.of_index(INDEX, prefix="a/", after="a/1")]

    assert found == ["a/2", "a/3"]


def test_no_listing_scans_the_table(catalog, client, calls):
    settle(catalog, "a.txt", state=DocumentState.FAILED)
    calls.clear()

    list(catalog.entries.of_index(INDEX))
    for state in [None, *DocumentState]:
        EntryPages(client, TABLE).page(INDEX, state=state)
    list(catalog.indexes)

    assert set(calls) == {"Query", "BatchGetItem"}


def test_the_second_of_two_writers_of_one_revision_loses(catalog):
    entry = settle(catalog, "a.txt", etag="1")
    winner = catalog.entries.write(entry, {"holder": "one"})

    with pytest.raises(CatalogConflictError, match=r"a\.txt"):
        catalog.entries.write(entry, {"holder": "other"})

    assert catalog.get(INDEX, "a.txt") == winner


def test_two_first_writers_of_a_document_do_not_both_win(catalog):
    entry = DocumentEntry(INDEX, "a.txt")
    catalog.entries.write(entry, {"holder": "one"})

    with pytest.raises(CatalogConflictError):
        catalog.entries.write(entry, {"holder": "other"})


def test_a_write_whose_answer_was_lost_is_not_taken_for_another_workers(catalog):
    entry = DocumentEntry(INDEX, "a.txt")
    first = catalog.entries.write(entry, {"holder": "m/1"})

    assert catalog.entries.write(entry, {"holder": "m/1"}) == first


def test_a_removal_whose_answer_was_lost_is_no_error(catalog):
    entry = catalog.entries.write(DocumentEntry(INDEX, "a.txt"), {"holder": "m/1"})

    catalog.entries.remove(entry)
    catalog.entries.remove(entry)

    assert catalog.get(INDEX, "a.txt") is None


def test_an_entry_that_was_removed_meanwhile_does_not_come_back(catalog):
    entry = settle(catalog, "a.txt")
    catalog.entries.remove(entry)

    with pytest.raises(CatalogConflictError):
        catalog.entries.write(entry, {"etag": "late"})


def test_an_entry_that_changed_meanwhile_is_not_removed(catalog):
    entry = settle(catalog, "a.txt")
    catalog.entries.write(entry, {"etag": "new"})

    with pytest.raises(CatalogConflictError):
        catalog.entries.remove(replace(entry))


def test_a_listing_of_a_prefix_starts_behind_any_key(catalog, client):
    """DynamoDB refuses to start outside of what is asked for."""
    starts = []
    client.meta.events.register(
        "provide-client-params.dynamodb.Query",
        lambda params, **_: starts.append(params.get("ExclusiveStartKey", {}).get("sk", {})),
    )
    keys = ["a", "a/b", "aa", "ab", "b"]
    for key in keys:
        settle(catalog, key)

    for prefix, after in product(["", "a", "a/", "aa", "c"], ["", "Z", "a", "a/b", "a/c", "b"]):
        starts.clear()
        found = [entry.key for entry in catalog.entries.of_index(INDEX, prefix=prefix, after=after)]

        assert found == [key for key in keys if key.startswith(prefix) and key > after]
        assert all(start.get("S", prefix).startswith(prefix) for start in starts)


def test_many_entries_are_read_at_once_as_they_are_now(catalog, client):
    keys = [f"{n:03}.txt" for n in range(205)]
    settle_many(client, {key: {} for key in keys[::2]})

    found = catalog.entries.get_many(INDEX, keys)

    assert sorted(found) == keys[::2]
    assert all(entry == catalog.get(INDEX, key) for key, entry in found.items())


def test_a_scan_yields_every_entry_and_every_page_and_nothing_else(catalog):
    catalog.indexes.register(INDEX, model="m", dimensions=1, recipe="r")
    entry = settle(catalog, "a.txt")
    claim = catalog.claim(entry, holder="m", lease_until=2_000_000_000)
    stored = claim.store_keys({"f" * 32: "0" * 16})

    found = sorted(catalog.scan(), key=lambda item: type(item).__name__)

    assert found == [catalog.get(INDEX, "a.txt"), KeyPage(INDEX, "a.txt", stored.generation)]


def test_a_scan_passes_over_pages_that_do_not_say_whose_they_are(catalog, client):
    claim = catalog.claim(DocumentEntry(INDEX, "a.txt"), holder="m", lease_until=2_000_000_000)
    claim.store_keys({"f" * 32: "0" * 16})
    [page] = [item for item in client.scan(TableName="catalog")["Items"] if "index" in item]
    del page["index"], page["key"]
    client.put_item(TableName="catalog", Item=page)

    assert list(catalog.scan()) == [catalog.get(INDEX, "a.txt")]

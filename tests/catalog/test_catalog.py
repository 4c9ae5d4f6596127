from dataclasses import replace

import pytest

from catalog import NO_KEYS, CatalogConflictError, DocumentState, ModelMismatchError
from catalog.key_pages import KEYS_PER_PAGE

INDEX = "vectors/app1.chunk-acme"


def key(number):
    return f"{number:032x}"


def with_keys(catalog, document, keys, index=INDEX):
    entry = catalog.get(index, document) or catalog.new(index, document)
    return replace(entry, indexed=catalog.store_keys(entry, keys))


def test_an_unknown_document_has_no_entry(catalog):
    assert catalog.get(INDEX, "a.txt") is None


def test_a_written_entry_is_read_back_whole(catalog):
    entry = replace(
        catalog.new(INDEX, "a.txt"),
        state=DocumentState.FAILED,
        fingerprint="f",
        etag='"e"',
        size=7,
        reason="no text",
        content_type="text/plain",
    )

    written = catalog.write(entry)

    assert catalog.get(INDEX, "a.txt") == written
    assert written.revision == 1
    assert written.updated_at == "2026-11-02T09:15:00.000+00:00"


def test_vector_keys_come_back_in_their_order(catalog):
    keys = [key(number) for number in (3, 1, 2)]

    entry = catalog.write(with_keys(catalog, "a.txt", keys))

    assert catalog.indexed_keys(entry) == keys


def test_a_document_of_100_000_chunks_fits_in_pages(catalog):
    keys = [key(number) for number in range(100_000)]

    catalog.write(with_keys(catalog, "a.txt", keys))

    entry = catalog.get(INDEX, "a.txt")
    assert catalog.indexed_keys(entry) == keys
    assert entry.indexed.pages == -(-100_000 // KEYS_PER_PAGE)


def test_a_bucket_key_of_1024_bytes_has_an_entry(catalog):
    longest = "é" * 512

    catalog.write(with_keys(catalog, longest, [key(1)]))

    assert catalog.get(INDEX, longest).key == longest


def test_documents_of_two_indexes_may_share_a_key(catalog):
    catalog.write(with_keys(catalog, "a.txt", [key(1)]))
    catalog.write(with_keys(catalog, "a.txt", [key(2)], index="vectors/app1.chunk"))

    assert catalog.indexed_keys(catalog.get(INDEX, "a.txt")) == [key(1)]
    assert catalog.indexed_keys(catalog.get("vectors/app1.chunk", "a.txt")) == [key(2)]


def test_the_second_of_two_writers_of_one_revision_loses(catalog):
    entry = catalog.write(with_keys(catalog, "a.txt", [key(1)]))
    late = with_keys(catalog, "a.txt", [key(3)])
    winner = catalog.write(with_keys(catalog, "a.txt", [key(2)]))

    with pytest.raises(CatalogConflictError, match=r"a\.txt"):
        catalog.write(late)

    assert entry.revision + 1 == winner.revision
    assert catalog.indexed_keys(catalog.get(INDEX, "a.txt")) == [key(2)]


def test_two_first_writers_of_a_document_do_not_both_win(catalog):
    catalog.write(catalog.new(INDEX, "a.txt"))

    with pytest.raises(CatalogConflictError):
        catalog.write(catalog.new(INDEX, "a.txt"))


def test_an_entry_that_was_removed_meanwhile_does_not_come_back(catalog):
    entry = catalog.write(catalog.new(INDEX, "a.txt"))
    catalog.remove(entry)

    with pytest.raises(CatalogConflictError):
        catalog.write(entry)
    with pytest.raises(CatalogConflictError):
        catalog.remove(entry)


def test_nothing_is_left_of_a_removed_document(catalog, client):
    catalog.write(with_keys(catalog, "a.txt", [key(1)]))
    entry = catalog.write(with_keys(catalog, "a.txt", [key(2)]))

    catalog.remove(entry)

    assert client.scan(TableName="catalog")["Items"] == []


def test_a_claim_settles_with_the_lists_that_are_in_force_and_no_others(catalog, client):
    former = catalog.write(with_keys(catalog, "a.txt", [key(1)]))

    with catalog.claim(former, lease_until=2_000_000_000) as claim:
        claim.write(intended=catalog.store_keys(claim.entry, [key(1), key(2)]))
        kept = catalog.store_keys(claim.entry, [key(2)])
        claim.settle(state=DocumentState.INDEXED, indexed=kept, intended=NO_KEYS)

    entry = catalog.get(INDEX, "a.txt")
    assert (catalog.indexed_keys(entry), catalog.intended_keys(entry)) == ([key(2)], [])
    assert entry.lease_until == 0
    assert len(client.scan(TableName="catalog")["Items"]) == 2


def test_a_claim_that_an_error_ends_keeps_the_reason_and_frees_the_document(catalog):
    with (
        pytest.raises(ConnectionError),
        catalog.claim(catalog.new(INDEX, "a.txt"), lease_until=2_000_000_000) as claim,
    ):
        claim.write(intended=catalog.store_keys(claim.entry, [key(1)]))
        raise ConnectionError("the model is busy")

    entry = catalog.get(INDEX, "a.txt")
    assert (entry.state, entry.lease_until) == (DocumentState.INDEXING, 0)
    assert entry.reason == "the model is busy"
    assert catalog.intended_keys(entry) == [key(1)]


def test_a_claim_that_another_worker_took_over_is_lost_without_a_trace(catalog):
    with (
        pytest.raises(CatalogConflictError),
        catalog.claim(catalog.new(INDEX, "a.txt"), lease_until=1) as claim,
    ):
        taken = catalog.claim(catalog.get(INDEX, "a.txt"), lease_until=2_000_000_000)
        claim.write(reason="too late")

    assert catalog.get(INDEX, "a.txt") == taken.entry


def test_a_list_that_was_deleted_meanwhile_is_a_conflict(catalog):
    former = catalog.write(with_keys(catalog, "a.txt", [key(1)]))
    with catalog.claim(former, lease_until=2_000_000_000) as claim:
        claim.settle(indexed=catalog.store_keys(claim.entry, [key(2)]))

    with pytest.raises(CatalogConflictError, match="were replaced"):
        catalog.indexed_keys(former)


def test_an_index_takes_one_model_and_names_both_otherwise(catalog):
    catalog.register_index(INDEX, "bedrock://one")
    catalog.register_index(INDEX, "bedrock://one")

    with pytest.raises(ModelMismatchError, match=r"bedrock://one.*bedrock://two"):
        catalog.register_index(INDEX, "bedrock://two")


def index_once(catalog, keys):
    entry = catalog.get(INDEX, "a.txt") or catalog.new(INDEX, "a.txt")
    with catalog.claim(entry, lease_until=2_000_000_000) as claim:
        unfinished = catalog.indexed_keys(claim.entry)
        stored = catalog.store_keys(claim.entry, keys + unfinished)
        claim.write(intended=stored)
        indexed = stored if not unfinished else catalog.store_keys(claim.entry, keys)
        claim.settle(state=DocumentState.INDEXED, indexed=indexed, intended=NO_KEYS)


def test_a_first_version_costs_one_read_and_four_writes(catalog, calls):
    index_once(catalog, [key(1)])

    assert calls.count_by_kind() == {"GetItem": 1, "PutItem": 4}


def test_a_replaced_version_costs_two_reads_five_writes_and_two_deletions(catalog, calls):
    index_once(catalog, [key(1)])
    calls.clear()

    index_once(catalog, [key(2)])

    assert calls.count_by_kind() == {"DeleteItem": 2, "GetItem": 2, "PutItem": 5}

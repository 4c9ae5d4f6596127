from dataclasses import replace

import pytest

from catalog import CatalogConflictError, DocumentState, ModelMismatchError
from catalog.key_pages import KEYS_PER_PAGE

INDEX = "vectors/app1.chunk-acme"


def key(number):
    return f"{number:032x}"


def indexed(entry, count):
    return replace(entry, state=DocumentState.INDEXED, chunk_count=count)


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

    entry = catalog.write(catalog.new(INDEX, "a.txt"), vector_keys=keys)

    assert catalog.vector_keys(entry) == keys


def test_a_document_of_100_000_chunks_fits_in_pages(catalog):
    keys = [key(number) for number in range(100_000)]

    entry = catalog.write(catalog.new(INDEX, "a.txt"), vector_keys=keys)

    assert catalog.vector_keys(catalog.get(INDEX, "a.txt")) == keys
    assert entry.keys_pages == -(-100_000 // KEYS_PER_PAGE)


def test_a_bucket_key_of_1024_bytes_has_an_entry(catalog):
    longest = "é" * 512

    catalog.write(catalog.new(INDEX, longest), vector_keys=[key(1)])

    assert catalog.get(INDEX, longest).key == longest


def test_documents_of_two_indexes_may_share_a_key(catalog):
    catalog.write(catalog.new(INDEX, "a.txt"), vector_keys=[key(1)])
    other = catalog.write(catalog.new("vectors/app1.chunk", "a.txt"), vector_keys=[key(2)])

    assert catalog.vector_keys(catalog.get(INDEX, "a.txt")) == [key(1)]
    assert catalog.vector_keys(other) == [key(2)]


def test_the_second_of_two_writers_of_one_revision_loses(catalog):
    entry = catalog.write(catalog.new(INDEX, "a.txt"), vector_keys=[key(1)])
    winner = catalog.write(entry, vector_keys=[key(2)])

    with pytest.raises(CatalogConflictError, match=r"a\.txt"):
        catalog.write(entry, vector_keys=[key(3)])

    assert catalog.vector_keys(catalog.get(INDEX, "a.txt")) == [key(2)]
    assert catalog.get(INDEX, "a.txt") == winner


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
    entry = catalog.write(catalog.new(INDEX, "a.txt"), vector_keys=[key(1)])
    entry = catalog.write(entry, vector_keys=[key(2)])

    catalog.remove(entry)

    assert client.scan(TableName="catalog")["Items"] == []


def test_a_former_list_of_keys_is_deleted_once_another_is_in_force(catalog, client):
    entry = catalog.write(catalog.new(INDEX, "a.txt"), vector_keys=[key(1)])

    catalog.write(entry, vector_keys=[key(2)])

    pages = [item for item in client.scan(TableName="catalog")["Items"] if "keys" in item]
    assert len(pages) == 1


def test_an_index_takes_one_model_and_names_both_otherwise(catalog):
    catalog.register_index(INDEX, "bedrock://one")
    catalog.register_index(INDEX, "bedrock://one")

    with pytest.raises(ModelMismatchError, match=r"bedrock://one.*bedrock://two"):
        catalog.register_index(INDEX, "bedrock://two")


def test_a_first_version_costs_one_read_and_three_writes(catalog, calls):
    entry = catalog.get(INDEX, "a.txt") or catalog.new(INDEX, "a.txt")
    entry = catalog.write(entry, vector_keys=[key(1)])
    catalog.write(indexed(entry, 1))

    assert calls.count_by_kind() == {"GetItem": 1, "PutItem": 3}

import pytest

from catalog import NO_KEYS, CatalogConflictError, DocumentEntry
from catalog.key_pages import KEYS_PER_PAGE

ENTRY = DocumentEntry("vectors/app1.chunk", "a.txt")


def keys(*numbers):
    return {f"{number:032x}": f"{number:016x}" for number in numbers}


def store(catalog, vector_keys):
    return catalog._pages.write(ENTRY.index, ENTRY.key, vector_keys)


def test_vector_keys_come_back_with_their_digests_and_in_their_order(catalog):
    stored = store(catalog, keys(3, 1, 2))

    assert list(catalog.vector_keys(ENTRY, stored).items()) == list(keys(3, 1, 2).items())


def test_no_keys_take_no_room(catalog, client):
    assert store(catalog, {}) == NO_KEYS
    assert catalog.vector_keys(ENTRY, NO_KEYS) == {}
    assert client.scan(TableName="catalog")["Items"] == []


def test_a_document_of_100_000_chunks_fits_in_pages(catalog):
    many = keys(*range(100_000))

    stored = store(catalog, many)

    assert catalog.vector_keys(ENTRY, stored) == many
    assert stored.pages == -(-100_000 // KEYS_PER_PAGE)


def test_a_list_that_was_deleted_meanwhile_is_a_conflict(catalog):
    stored = store(catalog, keys(1))
    catalog._pages.delete(ENTRY.index, ENTRY.key, stored)

    with pytest.raises(CatalogConflictError, match="were replaced"):
        catalog.vector_keys(ENTRY, stored)

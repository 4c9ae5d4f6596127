from hypothesis import given
from hypothesis import strategies as st

from documents_bucket import document_key
from syncing.sightings import Sighting, Sightings
from tests.syncing.streams import KEYS, entry, is_document, listed

ENTRY_KEYS = KEYS.filter(is_document)


def sightings(objects, entries, *, ends=lambda: False, after=""):
    by_key = {found.key: found for found in objects}
    return Sightings(
        [found for found in sorted(objects, key=lambda o: o.key) if found.key > after],
        [entry for entry in sorted(entries, key=lambda e: e.key) if entry.key > after],
        covers=lambda _: True,
        find=by_key.get,
        ends=ends,
    )


def expected(objects, entries):
    """By sets alone: what a sighting is, whatever the order."""
    bucket = {found.key: found for found in objects}
    documents = {key: found for key, found in bucket.items() if is_document(key) and found.size}
    catalog = {entry.key: entry for entry in entries}
    return {
        key: Sighting(
            key,
            documents.get(key),
            catalog.get(key),
            bucket.get(document_key(key).sidecar_key)
            if key in documents and key in catalog
            else None,
        )
        for key in documents.keys() | catalog.keys()
    }


def by_key(found):
    collected = {sighting.key: sighting for sighting in found}
    assert len(collected) == len(found)
    return collected


OBJECTS = st.lists(
    st.builds(listed, KEYS, st.integers(0, 1)), unique_by=lambda found: found.key, max_size=12
)
ENTRIES = st.lists(st.builds(entry, ENTRY_KEYS), unique_by=lambda entry: entry.key, max_size=12)


@st.composite
def alike(draw):
    """A bucket, and a catalog that knows some of its documents, and others."""
    objects, others = draw(OBJECTS), draw(ENTRIES)
    known = [
        entry(found.key) for found in objects if is_document(found.key) and draw(st.booleans())
    ]
    return objects, list({e.key: e for e in known + others}.values())


@given(alike())
def test_each_document_is_seen_once_with_its_sidecar_whatever_the_keys(both):
    objects, entries = both

    assert by_key(list(sightings(objects, entries))) == expected(objects, entries)


@given(alike(), st.data())
def test_a_walk_that_is_ended_anywhere_and_taken_up_again_sees_the_same(both, data):
    objects, entries = both
    found, after = [], ""
    while after is not None:
        steps = iter(range(data.draw(st.integers(0, 5))))
        walk = sightings(
            objects, entries, ends=lambda steps=steps: next(steps, None) is None, after=after
        )
        found += list(walk)
        after = walk.stopped_at

    assert by_key(found) == expected(objects, entries)


def test_a_sidecar_is_found_behind_any_number_of_keys_and_nothing_is_kept_of_them():
    between = [f"a-{n:04}" for n in range(1_000)]
    keys = ["a", *between, "a.metadata.json"]
    walk = sightings([listed(key) for key in keys], [entry(key) for key in keys[:-1]])
    most, found = 0, []
    for sighting in walk:
        found.append(sighting)
        most = max(most, len(walk._waiting))

    assert found[-1] == Sighting("a", listed("a"), entry("a"), listed("a.metadata.json"))
    assert most <= 2


def test_documents_that_all_wait_at_once_are_those_that_the_key_begins_with():
    keys = ["a" + "-" * n for n in range(1_000)]
    walk = sightings([listed(key) for key in keys], [entry(key) for key in keys])

    assert by_key(list(walk)).keys() == set(keys)


def test_a_sidecar_of_no_document_is_nothing():
    assert list(sightings([listed("a.metadata.json")], [])) == []


def test_an_empty_object_is_no_document():
    assert list(sightings([listed("a", 0)], [entry("a")])) == [Sighting("a", None, entry("a"))]


def test_an_iteration_ends_among_documents_that_are_not_covered_too():
    walk = Sightings(
        map(listed, ["a", "b", "c"]),
        [],
        covers=lambda _: False,
        find=lambda _: None,
        ends=lambda: True,
    )

    assert list(walk) == []
    assert walk.stopped_at == "a"

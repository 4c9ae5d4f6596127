from datetime import timedelta

import pytest

from catalog import DocumentState
from syncing.difference import Difference, difference
from syncing.sightings import Sighting
from tests.syncing.streams import MODIFIED, entry, listed

KEY = "guide.txt"
SECONDS = int(MODIFIED.timestamp())


def of(found, known, sidecar=None):
    return difference(Sighting(KEY, found, known, sidecar), recipe="r", now=MODIFIED)


def test_a_document_that_the_catalog_has_as_the_bucket_does_is_not_asked_for():
    assert of(listed(KEY), entry(KEY)) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"etag": '"other"'}, Difference.CHANGED),
        ({"last_modified": "2026-11-02T09:14:59+00:00"}, Difference.CHANGED),
        ({"sidecar_etag": '"s"'}, Difference.METADATA),
        ({"recipe": "older"}, Difference.SETTINGS),
        ({"state": DocumentState.INDEXING}, Difference.UNFINISHED),
        ({"state": DocumentState.INDEXING, "lease_until": SECONDS + 60}, Difference.UNFINISHED),
        ({"state": DocumentState.REMOVED}, Difference.MISSING),
        ({"check_after": SECONDS}, Difference.UNCHECKED),
        ({"check_after": SECONDS + 1}, None),
        ({"state": DocumentState.FAILED}, None),
        ({"state": DocumentState.FAILED, "etag": '"other"'}, Difference.CHANGED),
        ({"state": DocumentState.FAILED, "recipe": "older"}, Difference.SETTINGS),
        ({"state": DocumentState.FAILED, "fingerprint": ""}, Difference.UNFINISHED),
    ],
)
def test_a_document_of_both_differs_as_its_entry_says(changes, expected):
    assert of(listed(KEY), entry(KEY, **changes)) is expected


def test_a_sidecar_that_came_or_changed_is_a_difference():
    sidecar = listed(f"{KEY}.metadata.json")

    assert of(listed(KEY), entry(KEY), sidecar) is Difference.METADATA
    assert of(listed(KEY), entry(KEY, sidecar_etag="else"), sidecar) is Difference.METADATA
    assert of(listed(KEY), entry(KEY, sidecar_etag=sidecar.etag), sidecar) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Difference.GONE),
        ({"state": DocumentState.FAILED}, Difference.GONE),
        ({"state": DocumentState.INDEXING}, Difference.GONE),
        ({"state": DocumentState.REMOVED}, None),
        ({"state": DocumentState.REMOVED, "check_after": SECONDS + 1}, None),
        ({"state": DocumentState.REMOVED, "check_after": SECONDS}, Difference.UNCHECKED),
    ],
)
def test_a_document_that_the_bucket_has_no_more_differs_unless_it_is_removed(changes, expected):
    assert of(None, entry(KEY, **changes)) is expected


def test_a_document_that_the_catalog_does_not_know_is_missing():
    assert of(listed(KEY), None) is Difference.MISSING


def test_fractions_of_a_second_which_only_listings_have_are_no_difference():
    found = listed(KEY)
    later = type(found)(
        KEY, found.etag, found.last_modified + timedelta(milliseconds=999), found.size
    )

    assert of(later, entry(KEY)) is None

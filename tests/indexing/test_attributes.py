import json

import pytest

from indexing.attributes import Sidecar, document_attributes
from indexing.errors import InvalidMetadataError

SIDECAR = "guide.md.metadata.json"


def attributes(given, user_metadata=None):
    sidecar = given if isinstance(given, bytes) else json.dumps(given).encode()
    return document_attributes(user_metadata or {}, Sidecar(SIDECAR, sidecar))


def test_a_document_without_sidecar_has_its_user_metadata():
    assert document_attributes({"team": "sales"}, None) == {"team": "sales"}


def test_the_sidecar_wins_and_keeps_its_types():
    given = {"metadataAttributes": {"year": 2026, "draft": False, "tags": ["a", "b"], "w": 0.5}}

    merged = attributes(given, {"year": "1999", "team": "sales"})

    assert merged == {"year": 2026, "draft": False, "tags": ["a", "b"], "w": 0.5, "team": "sales"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (b"{", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        ([], "has no metadataAttributes"),
        ({}, "has no metadataAttributes"),
        ({"metadataAttributes": []}, "has no metadataAttributes"),
        ({"metadataAttributes": {"a": None}}, "'a' is None"),
        ({"metadataAttributes": {"a": {"b": 1}}}, "'a' is {'b': 1}"),
        ({"metadataAttributes": {"a": []}}, "'a' is []"),
        ({"metadataAttributes": {"a": ["x", 1]}}, "'a' is ['x', 1]"),
        ({"metadataAttributes": {"a": [True]}}, "'a' is [True]"),
        ({"metadataAttributes": {"a": 3000 * "x"}}, "over the 2,048"),
        (b'{"metadataAttributes": {"a": NaN}}', "is not JSON"),
        (b'{"metadataAttributes": {"a": ' + b"9" * 401 + b"}}", "is not JSON"),
        (b'{"metadataAttributes": {"a": "\\ud83d"}}', "is not JSON"),
    ],
)
def test_an_invalid_sidecar_is_named_with_what_is_wrong(given, message):
    with pytest.raises(InvalidMetadataError) as error:
        attributes(given)

    assert str(error.value).startswith(SIDECAR)
    assert message in str(error.value)

import json

import pytest

from indexing.errors import InvalidMetadataError
from indexing.sidecar import Sidecar

KEY = "guide.md.metadata.json"


def attributes(given):
    body = given if isinstance(given, bytes) else json.dumps(given).encode()
    return Sidecar(KEY, body).attributes()


def typed(**fields):
    return {"metadataAttributes": {"a": {"value": fields, "includeForEmbedding": False}}}


def test_a_plain_sidecar_gives_its_values_as_they_are():
    given = {"year": 2026, "draft": False, "tags": ["a", "b"], "weights": [0.5, 1], "team": "x"}

    assert attributes({"metadataAttributes": given}) == given


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"type": "STRING", "stringValue": "sales"}, "sales"),
        ({"type": "NUMBER", "numberValue": 2026}, 2026),
        ({"type": "NUMBER", "numberValue": 0.5}, 0.5),
        ({"type": "BOOLEAN", "booleanValue": False}, False),
        ({"type": "STRING_LIST", "stringListValue": ["tea", "water"]}, ["tea", "water"]),
    ],
)
def test_a_typed_attribute_is_its_value(fields, value):
    assert attributes(typed(**fields)) == {"a": value}


@pytest.mark.parametrize("include", [{}, {"includeForEmbedding": True}])
def test_whether_bedrock_would_embed_an_attribute_changes_nothing(include):
    attribute = {"value": {"type": "STRING", "stringValue": "sales"}, **include}

    assert attributes({"metadataAttributes": {"team": attribute}}) == {"team": "sales"}


def test_plain_and_typed_attributes_may_stand_in_one_sidecar():
    given = {"year": 2026, "team": {"value": {"type": "STRING", "stringValue": "sales"}}}

    assert attributes({"metadataAttributes": given}) == {"year": 2026, "team": "sales"}


def test_what_bedrock_reads_besides_is_left_alone():
    assert attributes({"metadataAttributes": {}, "documentStructureConfiguration": {}}) == {}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"metadataAttributes": {"a": NaN}}', "is not JSON"),
        (b'{"metadataAttributes": {"a": ' + b"9" * 401 + b"}}", "is not JSON"),
        (b'{"metadataAttributes": {"a": "\\ud83d"}}', "is not JSON"),
        ([], "has no metadataAttributes"),
        ({}, "has no metadataAttributes"),
        ({"metadataAttributes": []}, "has no metadataAttributes"),
        ({"metadataAttributes": {"a": {"b": 1}}}, "attribute 'a' is {'b': 1}; expected"),
        ({"metadataAttributes": {"a": {"value": "x"}}}, "expected"),
        (typed(), "with a type of STRING, NUMBER, BOOLEAN, STRING_LIST"),
        (typed(type="DATE", stringValue="2026-01-31"), "with a type of STRING"),
        (typed(type=["STRING"], stringValue="x"), "with a type of STRING"),
        (typed(type="STRING"), "expected stringValue, as its type is STRING"),
        (typed(type="STRING", stringValue=1), "expected stringValue"),
        (typed(type="STRING", numberValue=1), "expected stringValue"),
        (typed(type="NUMBER", numberValue="1"), "expected numberValue"),
        (typed(type="NUMBER", numberValue=True), "expected numberValue"),
        (typed(type="BOOLEAN", booleanValue=0), "expected booleanValue"),
        (typed(type="STRING_LIST", stringListValue="x"), "expected stringListValue"),
        (typed(type="STRING_LIST", stringListValue=[1]), "expected stringListValue"),
    ],
)
def test_an_invalid_sidecar_is_named_with_what_is_wrong(given, message):
    with pytest.raises(InvalidMetadataError) as error:
        attributes(given)

    assert str(error.value).startswith(KEY)
    assert message in str(error.value)

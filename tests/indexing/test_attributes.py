import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexing.attributes import MAX_ATTRIBUTES, document_attributes
from indexing.errors import InvalidMetadataError
from indexing.sidecar import Sidecar
from local.s3vectors.metadata import MetadataError, check_metadata
from tests.vector_store.stored_metadata import stored_metadata
from vector_store.chunk_record import ChunkRecord
from vector_store.vector import NON_FILTERABLE_KEYS

KEY = "guide.md"


def attributes(given=None, *, tags=None, user_metadata=None):
    body = json.dumps({"metadataAttributes": given}).encode()
    return document_attributes(
        KEY,
        tags=tags or {},
        user_metadata=user_metadata or {},
        sidecar=Sidecar(f"{KEY}.metadata.json", body) if given is not None else None,
    )


def stored(attributes):
    """The metadata of a chunk of a document with these attributes, as it goes out."""
    record = ChunkRecord(
        text="Some text.",
        uri=f"s3://bucket/{KEY}",
        document_key=KEY,
        ordinal=0,
        start=0,
        end=10,
        content_type="text/markdown",
        attributes=attributes,
    )
    return json.loads(json.dumps(stored_metadata("0" * 32, record)))


def refusal(given=None, **others):
    with pytest.raises(InvalidMetadataError) as error:
        attributes(given, **others)
    return str(error.value)


def test_a_document_without_sidecar_has_its_tags_and_user_metadata():
    found = attributes(tags={"team": "sales"}, user_metadata={"owner": "mia"})

    assert found == {"team": "sales", "owner": "mia"}


def test_user_metadata_wins_over_tags_and_the_sidecar_over_both():
    found = attributes(
        {"c": 3},
        tags={"a": "of tag", "b": "of tag", "c": "of tag"},
        user_metadata={"b": "of user metadata", "c": "of user metadata"},
    )

    assert found == {"a": "of tag", "b": "of user metadata", "c": 3}


def test_what_another_value_wins_over_does_no_harm():
    assert attributes({"notes": "short"}, user_metadata={"notes": "x" * 2_040}) == {
        "notes": "short"
    }


@pytest.mark.parametrize("value", [None, [], ["x", 1], [True], [["x"]], [None]])
def test_a_value_that_no_vector_takes_is_named_with_its_attribute(value):
    message = refusal({"year": 2026, "a": value})

    assert message.startswith(f"guide.md.metadata.json: attribute 'a' is {value!r}; expected a str")


@pytest.mark.parametrize(
    ("others", "origin"),
    [
        ({"tags": {"day.epoch": "1"}}, "the tags of guide.md"),
        ({"user_metadata": {"day.epoch": "1"}}, "the user metadata of guide.md"),
        ({"given": {"day.epoch": 1}}, "guide.md.metadata.json"),
    ],
)
def test_the_names_that_dates_are_compared_by_are_kept_for_them(others, origin):
    assert refusal(**others).startswith(f"{origin}: attribute 'day.epoch' ends in .epoch")


def test_attributes_over_the_limit_are_refused_with_the_excess_and_the_largest():
    # 4 + (8 + 28 + 4) + (8 + 26 + 4) of dropvec's own; an attribute has 8 + 16 + its name and value.
    room = 2_048 - 82
    fits = {"team": "sales", "notes": "x" * (room - (8 + 16 + 4 + 5) - (8 + 16 + 5))}

    assert attributes(fits) == fits
    message = refusal({**fits, "notes": fits["notes"] + "yz"})

    assert "guide.md are 2,050 bytes as S3 Vectors counts them, 2 over the 2,048" in message
    assert "the largest is 'notes' of guide.md.metadata.json with 1,935" in message


def test_a_date_counts_twice():
    tags = {f"tag {n}": "x" for n in range(MAX_ATTRIBUTES - 2)}

    assert attributes({"day": "2026-01-31"}, tags=tags)
    message = refusal({"day": "2026-01-31", "year": 2026}, tags=tags)

    assert "guide.md has 47 attributes (a date counts twice), 1 over the 46" in message
    assert "the last is 'year' of guide.md.metadata.json" in message


dates = st.dates().map(str) | st.datetimes().map(lambda moment: moment.isoformat())
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
strings = st.text(max_size=20) | st.text("xyß", min_size=1_900, max_size=2_000) | dates
good_values = (
    strings
    | numbers
    | st.booleans()
    | st.lists(st.text(max_size=20), min_size=1, max_size=4)
    | st.lists(numbers, min_size=1, max_size=4)
)
typed_values = st.fixed_dictionaries(
    {"value": st.builds(lambda text: {"type": "STRING", "stringValue": text}, strings)},
    optional={"includeForEmbedding": st.booleans()},
)
any_values = st.recursive(
    st.none() | good_values | typed_values,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=4,
)
names = st.text(max_size=12) | st.text(max_size=4).map(lambda name: name + ".epoch")
many = st.integers(40, 50).map(lambda count: {f"n{n}": n for n in range(count)})


@settings(deadline=None)
@given(st.dictionaries(names, any_values, max_size=5) | many)
def test_any_sidecar_is_taken_by_s3_vectors_or_refused_with_the_name_of_an_attribute(given):
    try:
        found = attributes(given)
    except InvalidMetadataError as error:
        assert any(f"{name!r:.100}" in str(error) for name in given)
    else:
        assert found.keys() == given.keys()
        check_metadata(stored(found), NON_FILTERABLE_KEYS)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=12), good_values, max_size=5) | many)
def test_any_attributes_that_s3_vectors_takes_are_taken(given):
    try:
        check_metadata(stored(given), NON_FILTERABLE_KEYS)
    except MetadataError:
        assert refusal(given)
    else:
        assert attributes(given) == given

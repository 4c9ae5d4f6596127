import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from tests.vector_store.stored_metadata import stored_metadata
from vector_store.chunk_record import ChunkRecord, chunk_key, from_metadata, source_id

KEY = "0123456789abcdef0123456789abcdef"
RECORD = ChunkRecord(
    text="Cosine compares directions.",
    uri="s3://documents/tenants/acme/guide.pdf",
    document_key="guide.pdf",
    ordinal=3,
    start=1200,
    end=1227,
    content_type="application/pdf",
    prefix="Guide > Distances\n\n",
    title="Guide",
    page=7,
    headings=("Guide", "Distances"),
    attributes={"team": "search", "year": 2026, "tags": ["a", "b"], "day": "2026-01-31"},
    model="bedrock://amazon.titan-embed-text-v2:0?dimensions=1024",
    previous="abc",
    following="def",
)

numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
attribute_values = (
    st.text()
    | st.dates().map(str)
    | st.booleans()
    | numbers
    | st.lists(st.text(), min_size=1, max_size=3)
    | st.lists(numbers, min_size=1, max_size=3)
)
records = st.builds(
    ChunkRecord,
    text=st.text(),
    uri=st.text(min_size=1),
    document_key=st.text(),
    ordinal=st.integers(0),
    start=st.integers(0),
    end=st.integers(0),
    content_type=st.text(),
    prefix=st.text(),
    title=st.none() | st.text(),
    page=st.none() | st.integers(1),
    headings=st.lists(st.text(), max_size=3).map(tuple),
    attributes=st.dictionaries(st.text(), attribute_values, max_size=3),
    model=st.text(),
    previous=st.none() | st.text(min_size=1),
    following=st.none() | st.text(min_size=1),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=8,
)
# Few characters, so that two of them are often the same text cut at another place.
near = st.tuples(
    st.text("a0", max_size=3), st.text("a0", max_size=3), st.integers(min_value=0, max_value=11)
)


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=40), records)
def test_any_record_is_read_back_from_its_metadata(key, record):
    assert from_metadata(stored_metadata(key, record)) == record


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=40), records)
def test_any_record_is_read_back_after_a_journey_as_json(key, record):
    sent = json.loads(json.dumps(stored_metadata(key, record)))

    assert from_metadata(sent) == record


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=40), records)
def test_any_record_survives_a_rewrite_that_drops_unknown_keys(key, record):
    rewritten = {
        name: value
        for name, value in stored_metadata(key, record).items()
        if name in {"value", "metadata"} or name.startswith("source.")
    }

    assert from_metadata(rewritten) == record


def test_a_chunk_lies_in_the_toolkits_layout():
    metadata = stored_metadata(KEY, RECORD)
    details = json.loads(metadata.pop("metadata"))

    assert metadata == {
        "value": "Guide > Distances\n\nCosine compares directions.",
        "source.versioning.valid_from": -1,
        "source.versioning.valid_to": 10_000_000_000_000,
        "source.metadata.team": "search",
        "source.metadata.year": 2026,
        "source.metadata.tags": ["a", "b"],
        "source.metadata.day": "2026-01-31",
        "source.metadata.day.epoch": 1_769_817_600,
    }
    assert details["source"]["sourceId"] == source_id(RECORD.uri)
    assert details["source"]["metadata"] == {}
    assert details["chunk"] == {"chunkId": KEY, "metadata": {}}
    assert details["topics"] == []
    assert details["aws::graph::index"] == {"index": "chunk", "key": KEY}


def test_what_a_record_lacks_takes_no_room_in_its_metadata():
    bare = structs.replace(RECORD, title=None, page=None, headings=())

    place = json.loads(stored_metadata(KEY, bare)["metadata"])["dropvec"]

    assert place.keys().isdisjoint({"title", "page", "headings"})


def test_the_chunks_of_one_document_share_a_source_id_of_the_toolkits_form():
    one = source_id("s3://documents/a.md")

    assert re.fullmatch("aws::[0-9a-f]{8}:[0-9a-f]{4}", one)
    assert one == source_id("s3://documents/a.md")
    assert one != source_id("s3://documents/b.md")


def test_what_is_embedded_is_the_prefix_and_the_text():
    assert RECORD.embedded_text == "Guide > Distances\n\nCosine compares directions."
    assert stored_metadata(KEY, RECORD)["value"] == RECORD.embedded_text


def test_a_chunk_of_the_toolkit_is_read_by_its_own_names():
    record = from_metadata(
        {
            "value": "Written elsewhere.",
            "metadata": json.dumps(
                {
                    "source": {"sourceId": "aws::12345678:9abc", "metadata": {}},
                    "chunk": {"chunkId": "aws::12345678:9abc:def01234"},
                }
            ),
            "source.versioning.valid_from": -1,
            "source.metadata.written_date": "2026-01-31T00:00:00",
        }
    )

    assert record == ChunkRecord(
        text="Written elsewhere.",
        uri="aws::12345678:9abc",
        document_key="",
        ordinal=0,
        start=0,
        end=len("Written elsewhere."),
        content_type="",
        attributes={"written_date": "2026-01-31T00:00:00"},
    )


@pytest.mark.parametrize(
    "details",
    [
        *("", "not JSON", '{"source": ', "null", "[]", "7", '"text"', "{}"),
        *('{"dropvec": null}', '{"dropvec": []}', '{"dropvec": {}}', '{"dropvec": {"uri": null}}'),
        *('{"source": null}', '{"source": "aws::1:2"}', '{"source": {}}'),
        *(None, 7, True, ["{}"]),
    ],
)
def test_metadata_that_names_no_source_still_gives_its_text(details):
    record = from_metadata({"value": "A passage.", "metadata": details})

    assert (record.text, record.prefix, record.uri) == ("A passage.", "", "")
    assert (record.title, record.page, record.headings) == (None, None, ())


@pytest.mark.parametrize("metadata", [{}, {"value": None}, {"value": ""}, {"metadata": "{}"}])
def test_a_vector_without_a_text_is_an_empty_chunk(metadata):
    record = from_metadata(metadata)

    assert (record.text, record.end) == ("", 0)


@settings(deadline=None)
@given(
    st.text(),
    st.dictionaries(st.text().filter(lambda name: name != "dropvec"), json_values, max_size=3)
    | json_values.filter(lambda value: not isinstance(value, dict)),
)
def test_any_json_of_another_writer_gives_its_text(text, details):
    record = from_metadata({"value": text, "metadata": json.dumps(details)})

    assert (record.text, record.prefix, record.end) == (text, "", len(text))


def test_a_source_id_of_null_is_no_source_id():
    assert from_metadata({"metadata": '{"source": {"sourceId": null}}'}).uri == ""


@pytest.mark.parametrize("details", ["[" * 20_000, "9" * 5_000], ids=["deep", "long number"])
def test_json_that_the_parser_gives_up_on_is_no_object(details):
    assert from_metadata({"value": "A passage.", "metadata": details}).text == "A passage."


@settings(deadline=None)
@given(st.text(), st.text(), st.integers(0))
def test_any_chunk_key_is_32_hexadecimal_digits(document_key, text, occurrence):
    assert re.fullmatch("[0-9a-f]{32}", chunk_key(document_key, text, occurrence))


@settings(deadline=None, max_examples=200)
@given(near, near)
def test_chunk_keys_are_equal_only_for_equal_document_text_and_occurrence(one, other):
    assert (chunk_key(*one) == chunk_key(*other)) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "bc", 0), ("ab", "c", 0)),
        (("", "ab", 0), ("ab", "", 0)),
        (("a", "b", 11), ("a", "b1", 1)),
        (("a\0", "b", 0), ("a", "\0b", 0)),
        (("a", "b", 0), ("b", "a", 0)),
    ],
)
def test_a_character_that_moves_to_the_next_part_changes_the_chunk_key(one, other):
    assert chunk_key(*one) != chunk_key(*other)


def test_a_chunk_key_stays_the_same_from_release_to_release():
    assert (
        chunk_key("guide.pdf", "Cosine compares directions.", 0)
        == "8f52fba45ce64d79f77367595037d0f1"
    )


@pytest.mark.parametrize(
    "damage",
    [{"prefix_length": None}, {"headings": None}, {"ordinal": "x"}, {"page": -1}, {"end": [1]}],
)
def test_a_damaged_place_fails_no_query(damage):
    metadata = {
        "value": "Some text.",
        "metadata": json.dumps({"dropvec": {"key": "a.txt"} | damage}),
    }

    record = from_metadata(metadata)

    assert (record.text, record.document_key, record.page) == ("Some text.", "a.txt", None)

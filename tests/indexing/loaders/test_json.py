import json

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from indexing.errors import DocumentTooLargeError, UnreadableDocumentError
from indexing.loaders import load_document


def load(content, key="data.json"):
    body = content if isinstance(content, bytes) else content.encode()
    return load_document(body, key=key, content_type=None)


def text(value):
    return load(json.dumps(value)).text


def failure(content, error=UnreadableDocumentError):
    with pytest.raises(error) as raised:
        load(content)
    assert "data.json" in str(raised.value)
    return str(raised.value)


def test_an_object_is_lines_of_paths_and_values():
    assert text({"name": "Ada", "address": {"city": "London", "zip": 1}, "alive": False}) == (
        "name: Ada\naddress.city: London\naddress.zip: 1\nalive: false"
    )


def test_the_objects_of_an_array_are_paragraphs():
    assert text([{"a": 1, "b": 2}, {"a": 3}]) == "a: 1\nb: 2\n\na: 3"


def test_arrays_in_objects_are_paragraphs_or_lists():
    value = {"tags": ["x", "y"], "items": [{"n": 1}, {"n": 2}], "last": "z"}

    assert text(value) == "tags: x, y\n\nitems.n: 1\n\nitems.n: 2\n\nlast: z"


def test_nulls_and_empty_values_are_left_out():
    assert text({"a": None, "b": "", "c": [], "d": {}, "e": [None, " ", 1], "f": "x"}) == (
        "e: 1\nf: x"
    )


def test_a_lone_value_is_its_text():
    assert text("Just text.\nTwo lines.") == "Just text.\nTwo lines."


def test_numbers_stay_as_they_are_written():
    assert load('{"id": 12345678901234567890123, "price": 1.10, "n": -1e5}').text == (
        "id: 12345678901234567890123\nprice: 1.10\nn: -1e5"
    )


@pytest.mark.parametrize("key", ["data.json", "data.jsonl", "data.ndjson"])
def test_json_lines_are_paragraphs(key):
    assert load('{"a": 1}\n{"a": 2}\r\n\n{"a": 3}\n', key).text == "a: 1\n\na: 2\n\na: 3"


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ('{"title": " The  Title ", "x": 1}', "The Title"),
        ('{"title": {"en": "T"}, "x": 1}', None),
        ('[{"title": "T"}]', None),
        ('{"title": "T"}\n{"title": "U"}', None),
    ],
)
def test_the_title_is_that_of_the_only_object(content, title):
    assert load(content).title == title


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ('{"a" 1}', "line 1, column 6"),
        ('{\n  "a": tru\n}', "line 2, column 8"),
        ('{"a": 1}\n{"b": }', "line 2, column 7"),
        ("<html>", "line 1, column 1"),
        ('{"a": "never closed', "line 1, column 7"),
    ],
)
def test_invalid_json_is_named_with_its_place(content, place):
    message = failure(content)

    assert "is not valid JSON" in message
    assert message.endswith(place)


def test_json_without_any_value_holds_no_text():
    assert failure('[{}, null, ""]').endswith("holds no text")


def test_surrogate_pairs_are_characters_and_lone_surrogates_and_nuls_are_replaced():
    document = load(r'{"title": "t\ud83d", "a\udc00": "\ud83d\ude00 \ud800 \u0000"}')

    assert document.title == "t\ufffd"
    assert document.text == "title: t\ufffd\na\ufffd: \U0001f600 \ufffd \ufffd"


@pytest.mark.parametrize("depth", [102, 5_000, 500_000])
@pytest.mark.parametrize("open_", ["[", '{"a":'])
def test_deep_json_is_refused(depth, open_):
    close = {"[": "]"}.get(open_, "}")

    message = failure(open_ * depth + "1" + close * depth, DocumentTooLargeError)

    assert "nested more than 100 deep" in message


def test_json_up_to_the_depth_is_read():
    assert load("[" * 100 + '"x"' + "]" * 100).text == "x"


def test_paths_that_unfold_to_more_than_any_document_are_refused():
    name = "n" * 1_000_000
    members = ", ".join(f'"{n}": 1' for n in range(30))

    message = failure(f'{{"{name}": {{{members}}}}}', DocumentTooLargeError)

    assert "more than 20,000,000 characters" in message


_words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | _words,
    lambda values: st.lists(values, max_size=4) | st.dictionaries(_words, values, max_size=4),
    max_leaves=15,
)


@hypothesis_settings(max_examples=60, deadline=None)
@given(_values, st.booleans())
def test_any_value_is_in_the_text(value, ensure_ascii):
    leaves = list(_leaves(value))
    content = json.dumps(["something", value], ensure_ascii=ensure_ascii)

    found = load(content).text

    assert all(leaf in found for leaf in leaves)


def _leaves(value):
    if isinstance(value, dict):
        for member in value.values():
            yield from _leaves(member)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif value is not None:
        yield value.strip() if isinstance(value, str) else json.dumps(value)

"""The filter language against a second evaluator that shares no code with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.s3vectors.errors import InvalidFilterError
from local.s3vectors.filters import parse_filter
from tests.local.s3vectors.any_filter import FILTERS, METADATA, OPERATOR_OPERANDS, SCALARS

if TYPE_CHECKING:
    from collections.abc import Callable

JSON = st.recursive(
    st.one_of(st.none(), SCALARS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["a", "b", "$and", "$or", "$not", *OPERATOR_OPERANDS]),
            inner,
            max_size=2,
        ),
    ),
    max_leaves=6,
)


def kind(value: object) -> str:
    """JSON's name of a value's type."""
    text = json.dumps(value)
    if text[0] in '"[{':
        return {'"': "string", "[": "array", "{": "object"}[text[0]]
    return {"true": "boolean", "false": "boolean", "null": "null"}.get(text, "number")


def valid(document: Any) -> bool:
    """Section by section as the facts state the grammar."""
    if kind(document) != "object" or len(document) != 1:
        return False
    key = next(iter(document))
    operand = document[key]
    if key in {"$and", "$or"}:
        return kind(operand) == "array" and len(operand) > 0 and all(map(valid, operand))
    if key[:1] == "$":
        return False
    if kind(operand) != "object":
        return kind(operand) in {"string", "number", "boolean"}
    return len(operand) > 0 and all(valid_operator(n, o) for n, o in operand.items())


def valid_operator(name: str, operand: Any) -> bool:
    scalar = {"string", "number", "boolean"}
    if name in {"$in", "$nin"}:
        return kind(operand) == "array" and operand != [] and {kind(o) for o in operand} <= scalar
    allowed = {"$eq": scalar, "$ne": scalar, "$exists": {"boolean"}, "$startsWith": {"string"}}
    allowed |= {comparison: {"number"} for comparison in ("$gt", "$gte", "$lt", "$lte")}
    return kind(operand) in allowed.get(name, set())


def expected(document: dict[str, Any], metadata: dict[str, Any]) -> bool:
    """Evaluation by enumeration: expand arrays, then compare (type, value) pairs."""
    (key, operand) = next(iter(document.items()))
    if key == "$and":
        return sum(expected(d, metadata) for d in operand) == len(operand)
    if key == "$or":
        return sum(expected(d, metadata) for d in operand) > 0
    tests = operand if kind(operand) == "object" else {"$eq": operand}
    if key not in metadata:
        held: list[Any] = []
    elif kind(metadata[key]) == "array":
        held = metadata[key]
    else:
        held = [metadata[key]]
    return False not in [holds(n, o, held, key in metadata) for n, o in tests.items()]


def holds(name: str, operand: Any, held: list[Any], present: bool) -> bool:
    def same(x: Any, y: Any) -> bool:
        return kind(x) == kind(y) and not (x < y or x > y)

    numbers = [x for x in held if kind(x) == "number"]
    texts = [x for x in held if kind(x) == "string"]
    answers: dict[str, Callable[[], bool]] = {
        "$eq": lambda: any(same(x, operand) for x in held),
        "$ne": lambda: not any(same(x, operand) for x in held),
        "$in": lambda: any(same(x, o) for x in held for o in operand),
        "$nin": lambda: not any(same(x, o) for x in held for o in operand),
        "$gt": lambda: bool(numbers) and max(numbers) > operand,
        "$gte": lambda: bool(numbers) and not max(numbers) < operand,
        "$lt": lambda: bool(numbers) and min(numbers) < operand,
        "$lte": lambda: bool(numbers) and not min(numbers) > operand,
        "$startsWith": lambda: any(x[: len(operand)] == operand for x in texts),
        "$exists": lambda: present == operand,
    }
    return answers[name]()


@given(FILTERS, METADATA)
@settings(max_examples=200, deadline=None)
def test_any_filter_matches_what_an_independent_evaluator_says(
    document: dict[str, Any], metadata: dict[str, Any]
) -> None:
    assert parse_filter(document).matches(metadata) is expected(document, metadata)


@given(st.one_of(JSON, FILTERS))
@settings(max_examples=200, deadline=None)
def test_any_json_is_a_filter_exactly_when_the_grammar_says_so(document: Any) -> None:
    try:
        parse_filter(document)
        accepted = True
    except InvalidFilterError:
        accepted = False

    assert accepted is valid(document)


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        "x",
        None,
        {"a": 1, "b": 2},
        {"$and": [{"a": 1, "b": 2}]},
        {"$and": [{"a": 1}], "a": 1},
        {"$and": [{"a": 1}], "$or": [{"a": 1}]},
        {"$and": []},
        {"$and": [{}]},
        {"$and": ["x"]},
        {"$not": [{"a": 1}]},
        {"a": {}},
        {"a": {"x": 1}},
        {"a": {"$eq": "a", "x": 1}},
        {"a": {"$eg": "a"}},
        {"a": {"$schema": "https://example.com"}},
        {"a": {"$and": [{"a": 1}]}},
        {"a": None},
        {"a": ["x"]},
        {"a": {"$eq": None}},
        {"a": {"$eq": ["x"]}},
        {"a": {"$ne": {}}},
        {"a": {"$gt": "1"}},
        {"a": {"$lte": True}},
        {"a": {"$in": []}},
        {"a": {"$in": "x"}},
        {"a": {"$in": [None]}},
        {"a": {"$nin": [["x"]]}},
        {"a": {"$exists": 1}},
        {"a": {"$exists": "true"}},
        {"a": {"$startsWith": 1}},
        {"a": {"$contains": "x"}},
    ],
)
def test_a_document_outside_the_grammar_is_an_invalid_filter(document: object) -> None:
    with pytest.raises(InvalidFilterError) as caught:
        parse_filter(document)

    assert str(caught.value) == "Invalid filter"
    assert caught.value.fields[0].path == "filter"


@pytest.mark.parametrize(
    ("document", "metadata", "matches"),
    [
        ({"a": True}, {"a": "true"}, False),
        ({"a": 1}, {"a": True}, False),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": "x"}, {"a": ["y", "x"]}, True),
        ({"a": {"$gte": 0, "$lte": 5}}, {"a": 5}, True),
        ({"a": {"$in": ["x", 1]}}, {"a": 1}, True),
        ({"loc.page": 2}, {"loc.page": 2}, True),
        ({"loc.page": 2}, {"loc": {"page": 2}}, False),
        ({"": "x"}, {"": "x"}, True),
        ({"a": {"$ne": "x"}}, {}, True),
        ({"a": {"$exists": False}}, {}, True),
        ({"$or": [{"$and": [{"a": "x"}, {"b": 1}]}]}, {"a": "x", "b": 1}, True),
    ],
)
def test_a_condition_compares_values_of_one_type(
    document: object, metadata: dict[str, Any], matches: bool
) -> None:
    assert parse_filter(document).matches(metadata) is matches


def test_a_prefix_condition_belongs_to_enhanced_mode() -> None:
    assert parse_filter({"a": {"$startsWith": "x"}}).matches({"a": "xy"})
    with pytest.raises(InvalidFilterError):
        parse_filter({"a": {"$startsWith": "x"}}, enhanced=False)


def test_a_filter_holds_at_most_100_constraints_and_wrappers_are_free() -> None:
    fits = {"$and": [{"a": {"$in": list(range(99))}}, {"$or": [{"b": 1}]}]}
    exceeds = {"$and": [{"a": {"$in": list(range(99))}}, {"b": {"$gt": 1, "$lt": 3}}]}

    assert parse_filter(fits).constraints == 100
    with pytest.raises(InvalidFilterError):
        parse_filter(exceeds)
    assert parse_filter(exceeds, enhanced=False).constraints == 101


def test_a_filter_nested_without_end_is_refused_not_a_crash() -> None:
    document: dict[str, Any] = {"a": 1}
    for _ in range(100_000):
        document = {"$and": [document]}

    with pytest.raises(InvalidFilterError):
        parse_filter(document)


def test_a_filter_knows_the_metadata_keys_it_reads() -> None:
    assert parse_filter({"$or": [{"a": 1}, {"b": {"$exists": True}}]}).keys == {"a", "b"}

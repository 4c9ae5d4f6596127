"""What the columns of a table say of a filter, against the filter asked row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.s3vectors.filters import parse_filter
from local.s3vectors.metadata_columns import FEWEST_WORN
from local.s3vectors.vector_table import MAX_COLUMNS, Record, VectorTable
from tests.local.s3vectors.any_filter import FILTERS, METADATA, OPERATORS, SCALARS, VALUES

VECTOR_KEYS = st.sampled_from([f"v{n}" for n in range(8)])
STEPS = st.one_of(
    st.tuples(st.just("put"), st.lists(st.tuples(VECTOR_KEYS, METADATA), min_size=1, max_size=5)),
    st.tuples(st.just("remove"), VECTOR_KEYS),
    st.tuples(st.just("ask"), FILTERS),
)


def put(table: VectorTable, *vectors: tuple[str, dict[str, Any]]) -> None:
    ones = np.ones(1, dtype=np.float32)
    table.write(table.placed([Record(key, ones, metadata) for key, metadata in vectors]))


def matching(table: VectorTable, document: dict[str, Any]) -> set[str]:
    rows = np.flatnonzero(table.matching(parse_filter(document))).tolist()
    return {held[0] for row in rows if (held := table.described(row)) is not None}


@given(
    values=st.lists(st.none() | VALUES, min_size=5, max_size=20),
    operands=st.lists(SCALARS | OPERATORS, min_size=5, max_size=20),
)
@settings(max_examples=200, deadline=None)
def test_any_comparison_holds_of_the_values_that_it_holds_of_one_by_one(
    values: list[Any], operands: list[Any]
) -> None:
    table = VectorTable(1)
    held = {str(n): {} if v is None else {"a": v} for n, v in enumerate(values)}
    put(table, *held.items())

    for operand in operands:
        matches = parse_filter({"a": operand}).matches
        assert matching(table, {"a": operand}) == {key for key in held if matches(held[key])}


@given(steps=st.lists(STEPS, max_size=12), last=FILTERS)
@settings(max_examples=100, deadline=None)
def test_any_filter_matches_the_rows_whose_metadata_it_matches(
    steps: list[Any], last: dict[str, Any]
) -> None:
    table = VectorTable(1)
    held: dict[str, dict[str, Any]] = {}
    for step, given_ in [*steps, ("ask", last)]:
        match step:
            case "put":
                put(table, *given_)
                held |= dict(given_)
            case "remove":
                table.remove(table.rows_of([given_]))
                held.pop(given_, None)
            case "ask":
                matches = parse_filter(given_).matches
                assert matching(table, given_) == {key for key in held if matches(held[key])}


def test_a_column_does_not_grow_with_values_that_are_gone() -> None:
    table = VectorTable(1)
    for n in range(3 * FEWEST_WORN):
        put(table, ("a", {"n": n}))
        assert matching(table, {"n": n}) == {"a"}

    assert matching(table, {"n": 0}) == set()
    assert len(table._columns["n"]._number_of) <= FEWEST_WORN + 1


@pytest.mark.parametrize("keys", [MAX_COLUMNS, MAX_COLUMNS + 1, 2 * MAX_COLUMNS])
def test_a_filter_of_many_keys_is_answered_and_the_latest_are_remembered(keys: int) -> None:
    table = VectorTable(1)
    put(table, ("all", {str(n): n for n in range(keys)}), ("none", {}))
    put(table, ("one less", {str(n): n for n in range(1, keys)}))

    every = {"$and": [{str(n): n} for n in range(keys)]}

    condition = parse_filter(every, enhanced=False)
    assert table.matching(condition).tolist() == [True, False, False]
    assert matching(table, {"0": 0}) == {"all"}
    assert len(table._columns) <= MAX_COLUMNS

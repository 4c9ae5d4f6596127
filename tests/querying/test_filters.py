import json
import operator as op
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.s3vectors import S3VectorsService
from local.s3vectors.filters import parse_filter
from querying.errors import FilterError
from querying.filter_parts import filter_parts
from querying.filters import compile_filter
from vector_store.attribute_dates import with_epochs


@pytest.mark.parametrize(
    ("given_filter", "compiled"),
    [
        ({"year": 2024}, {"source.metadata.year": {"$eq": 2024}}),
        (
            {"year": {"$gte": 2020, "$lt": 2025}},
            {"source.metadata.year": {"$gte": 2020, "$lt": 2025}},
        ),
        (
            {"year": 2024, "draft": False},
            {
                "$and": [
                    {"source.metadata.year": {"$eq": 2024}},
                    {"source.metadata.draft": {"$eq": False}},
                ]
            },
        ),
        (
            {"$or": [{"a": "x", "b": "y"}, {"c": {"$exists": True}}]},
            {
                "$or": [
                    {
                        "$and": [
                            {"source.metadata.a": {"$eq": "x"}},
                            {"source.metadata.b": {"$eq": "y"}},
                        ]
                    },
                    {"source.metadata.c": {"$exists": True}},
                ]
            },
        ),
        (
            {"$and": [{"a": 1}], "b": 2},
            {
                "$and": [
                    {"$and": [{"source.metadata.a": {"$eq": 1}}]},
                    {"source.metadata.b": {"$eq": 2}},
                ]
            },
        ),
        ({"team": {"$in": ["a", 1, True]}}, {"source.metadata.team": {"$in": ["a", 1, True]}}),
        (
            {"a": {"$ne": 1, "$gt": 0}},
            {
                "$and": [
                    {"source.metadata.a": {"$gt": 0}},
                    {
                        "$or": [
                            {"source.metadata.a": {"$exists": False}},
                            {"source.metadata.a": {"$ne": 1}},
                        ]
                    },
                ]
            },
        ),
        (
            {"day": {"$gte": "2024-01-01", "$lt": 1.7e9, "$startsWith": "20"}},
            {
                "$and": [
                    {"source.metadata.day": {"$lt": 1.7e9, "$startsWith": "20"}},
                    {"source.metadata.day.epoch": {"$gte": 1704067200}},
                ]
            },
        ),
        ({"day": "2024-01-01"}, {"source.metadata.day": {"$eq": "2024-01-01"}}),
        ({"a.b": "x"}, {"source.metadata.a.b": {"$eq": "x"}}),
        ({"x": '"}},{"y'}, {"source.metadata.x": {"$eq": '"}},{"y'}}),
    ],
)
def test_a_filter_is_compiled_to_what_the_index_takes(given_filter, compiled):
    assert compile_filter(given_filter) == compiled


@pytest.mark.parametrize(
    ("given_filter", "message"),
    [
        ({}, "filter: expected an object"),
        ({"year": {"$gt": "2024"}}, 'filter.year.$gt: expected a number, got "2024"'),
        ({"year": {"$gt": True}}, "filter.year.$gt: expected a number, got true"),
        (
            {"day": {"$lt": "2024-02-30"}},
            'filter.day.$lt: expected a number, got "2024-02-30" (a date is YYYY-MM-DD[',
        ),
        ({"day": {"$lt": ["2024"]}}, "filter.day.$lt: expected a number, got an array"),
        (
            {"year": None},
            "filter.year: expected a string, a number, true, false or an object, got null",
        ),
        (
            {"year": [1]},
            "filter.year: expected a string, a number, true, false or an object, got an array",
        ),
        ({"year": {}}, "filter.year: expected one or more of $eq"),
        ({"year": {"$regex": "x"}}, "filter.year.$regex: no such operator"),
        (
            {"year": {"$in": []}},
            "filter.year.$in: expected an array of one or more strings, numbers or booleans, got an empty",
        ),
        ({"year": {"$in": "a"}}, "filter.year.$in: expected an array of one or more"),
        (
            {"year": {"$in": [1, None]}},
            "filter.year.$in[1]: expected a string, a number, true or false, got null",
        ),
        ({"year": {"$nin": [{}]}}, "filter.year.$nin[0]: expected a string, a number"),
        ({"year": {"$eq": float("inf")}}, "filter.year.$eq: expected a string, a number"),
        ({"year": {"$startsWith": 20}}, "filter.year.$startsWith: expected a string, got 20"),
        ({"year": {"$exists": 1}}, "filter.year.$exists: expected true or false, got 1"),
        ({"$and": []}, "filter.$and: expected an array of one or more filters"),
        ({"$and": {"a": 1}}, "filter.$and: expected an array"),
        ({"$or": [{"a": 1}, {}]}, "filter.$or[1]: expected an object"),
        ({"$eq": 1}, "filter.$eq: an operator stands inside"),
        ({"$not": {"a": 1}}, "filter.$not: an operator stands inside"),
    ],
)
def test_an_error_begins_with_the_path_and_says_the_rule(given_filter, message):
    with pytest.raises(FilterError) as error:
        compile_filter(given_filter)

    assert str(error.value).startswith(message)


def test_a_filter_nested_beyond_measure_is_refused():
    nested = {"a": 1}
    for _ in range(30):
        nested = {"$and": [nested]}

    with pytest.raises(FilterError, match="nested more than 20 deep"):
        compile_filter(nested)


DOCUMENTED = re.findall(
    r"^\| `(\{.*\})` \| `(filter.*)` \|$",
    (Path(__file__).parents[2] / "docs/querying.md").read_text(),
    re.MULTILINE,
)


@pytest.mark.parametrize(("given_filter", "detail"), DOCUMENTED)
def test_the_errors_of_the_documentation_are_those_that_come(given_filter, detail):
    with pytest.raises(FilterError) as error:
        compile_filter(json.loads(given_filter))

    told, more, _ = detail.partition("…")
    assert str(error.value) == told or (more and str(error.value).startswith(told))


names = st.sampled_from(["year", "team", "draft", "tags", "day"])
dates = st.sampled_from(
    ["2023-12-31", "2024-01-01", "2024-01-01T00:00:01Z", "2024-01-01T05:00+05:00"]
)
scalars = st.sampled_from([1, 2.5, -3, "red", "redder", "", True, False]) | dates
numbers = st.sampled_from([0, 1, 2.5])
conditions = (
    scalars
    | st.dictionaries(st.sampled_from(["$eq", "$ne"]), scalars, min_size=1)
    | st.dictionaries(st.sampled_from(["$gt", "$gte", "$lt", "$lte"]), numbers | dates, min_size=1)
    | st.dictionaries(
        st.sampled_from(["$in", "$nin"]), st.lists(scalars, min_size=1, max_size=3), min_size=1
    )
    | st.booleans().map(lambda value: {"$exists": value})
    | st.sampled_from(["", "red", "2024"]).map(lambda value: {"$startsWith": value, "$ne": value})
)
filters = st.recursive(
    st.dictionaries(names, conditions, min_size=1, max_size=3),
    lambda inner: st.dictionaries(
        st.sampled_from(["$and", "$or"]), st.lists(inner, min_size=1, max_size=3), min_size=1
    ),
    max_leaves=6,
)
attributes = st.dictionaries(
    names, scalars | st.lists(st.sampled_from(["red", "blue"]), min_size=1, max_size=2), max_size=5
)


def holds(filter, record):
    """What the language means, written plainly."""
    return all(entry_holds(name, value, record) for name, value in filter.items())


def entry_holds(name, value, record):
    if name == "$and":
        return all(holds(part, record) for part in value)
    if name == "$or":
        return any(holds(part, record) for part in value)
    conditions = value if isinstance(value, dict) else {"$eq": value}
    return all(operator_holds(*condition, record.get(name)) for condition in conditions.items())


def same(one, other):
    kinds = [
        bool if isinstance(x, bool) else str if isinstance(x, str) else float for x in (one, other)
    ]
    return kinds[0] is kinds[1] and one == other


def comparable(value, operand):
    """Both as numbers, or both as moments; None for what is neither."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and isinstance(operand, str):
        try:
            moments = [datetime.fromisoformat(date) for date in (value, operand)]
        except ValueError:
            return None
        return [m if m.tzinfo else m.replace(tzinfo=UTC) for m in moments]
    return None if isinstance(value, str) or isinstance(operand, str) else [value, operand]


def operator_holds(operator, operand, stored):
    values = stored if isinstance(stored, list) else [] if stored is None else [stored]
    match operator:
        case "$exists":
            return (stored is not None) is operand
        case "$eq" | "$in":
            wanted = operand if isinstance(operand, list) else [operand]
            return any(same(value, want) for value in values for want in wanted)
        case "$ne" | "$nin":
            return not operator_holds({"$ne": "$eq", "$nin": "$in"}[operator], operand, stored)
        case "$startsWith":
            return any(isinstance(value, str) and value.startswith(operand) for value in values)
    compare = {"$gt": op.gt, "$gte": op.ge, "$lt": op.lt, "$lte": op.le}[operator]
    pairs = [comparable(value, operand) for value in values]
    return any(compare(*pair) for pair in pairs if pair)


def selected(compiled, records):
    """The positions of the records that the local service selects."""
    service = S3VectorsService()
    index = {"vectorBucketName": "bkt", "indexName": "chunk"}
    service.call("CreateVectorBucket", {"vectorBucketName": "bkt"})
    service.call(
        "CreateIndex", {**index, "dataType": "float32", "dimension": 2, "distanceMetric": "cosine"}
    )
    vectors = [
        {
            "key": str(position),
            "data": {"float32": [1.0, 1.0]},
            "metadata": {
                f"source.metadata.{name}": value for name, value in with_epochs(record).items()
            },
        }
        for position, record in enumerate(records)
    ]
    service.call("PutVectors", {**index, "vectors": vectors})
    query = {**index, "topK": 100, "queryVector": {"float32": [1.0, 1.0]}, "filter": compiled}
    return {int(vector["key"]) for vector in service.call("QueryVectors", query)["vectors"]}


def where_absence_fails(filter):
    """The filter as a service would evaluate it whose `$ne` and `$nin` need the attribute to be there."""
    ((name, value),) = filter.items()
    if name in {"$and", "$or"}:
        return {name: [where_absence_fails(part) for part in value]}
    if value.keys() & {"$ne", "$nin"}:
        return {"$and": [{name: {"$exists": True}}, filter]}
    return filter


@given(filters, st.lists(attributes, min_size=1, max_size=6), st.booleans())
def test_any_compiled_filter_selects_on_the_service_what_a_plain_evaluator_selects(
    filter, records, absence_fails
):
    compiled = compile_filter(filter)

    found = selected(where_absence_fails(compiled) if absence_fails else compiled, records)

    assert found == {position for position, record in enumerate(records) if holds(filter, record)}


@given(
    filters,
    st.lists(attributes, min_size=1, max_size=6),
    st.integers(min_value=1, max_value=5),
)
def test_any_filter_selects_in_parts_what_it_selects_whole(filter, records, room):
    compiled = compile_filter(filter)
    try:
        parts = filter_parts(compiled, room=room)
    except FilterError:
        return

    assert all(parse_filter(part).constraints <= room for part in parts)
    assert set().union(*(selected(part, records) for part in parts)) == selected(compiled, records)


IDS = [f"id {n}" for n in range(250)]
OTHERS = {"$or": [{"team": "a"}, {"team": "b"}]}


def constraints(filter):
    return [parse_filter(part).constraints for part in filter_parts(compile_filter(filter))]


@pytest.mark.parametrize(
    ("filter", "each"),
    [
        ({"id": {"$in": IDS[:100]}}, [100]),
        ({"id": {"$in": IDS}}, [100, 100, 50]),
        ({"id": {"$in": IDS}, "year": {"$gte": 2020, "$lt": 2025}}, [100, 100, 56]),
        ({"$and": [{"id": {"$in": IDS}}, OTHERS]}, [100, 100, 56]),
        ({"id": {"$in": IDS, "$startsWith": "id"}}, [100, 100, 53]),
        ({"$or": [{"id": {"$in": IDS}}, {"team": "a"}]}, [100, 100, 51]),
        ({"$or": [{"id": {"$eq": value}} for value in IDS]}, [100, 100, 50]),
        ({"$and": [{"$or": [{"id": {"$in": IDS}}, OTHERS]}]}, [100, 100, 52]),
        ({"id": {"$nin": IDS[:100]}}, [1, 100]),
        ({"$or": [{"id": {"$nin": IDS[:60]}}, {"id": {"$in": IDS[:60]}}]}, [61, 60]),
    ],
)
def test_a_filter_of_more_than_100_constraints_is_asked_in_parts(filter, each):
    assert constraints(filter) == each


@pytest.mark.parametrize(
    "filter",
    [
        {"id": {"$nin": IDS}},
        {"id": {"$in": IDS}, "other": {"$in": IDS}},
        {"$and": [{f"a{n}": 1} for n in range(101)]},
        {"id": {"$in": [str(n) for n in range(1_001)]}},
    ],
)
def test_a_filter_that_10_queries_cannot_ask_is_refused_with_what_it_counts(filter):
    with pytest.raises(
        FilterError, match=r"^filter: it compares [0-9,]+ values .* one query takes 100"
    ):
        constraints(filter)

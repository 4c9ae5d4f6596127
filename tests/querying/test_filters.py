import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.s3vectors import S3VectorsService
from querying.errors import FilterError
from querying.filters import compile_filter


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
            {"year": None},
            "filter.year: expected a string, a number, true, false or an object, got null",
        ),
        (
            {"year": [1]},
            "filter.year: expected a string, a number, true, false or an object, got an array",
        ),
        ({"year": {}}, "filter.year: expected one or more of $eq"),
        ({"year": {"$regex": "x"}}, "filter.year.$regex: no such operator"),
        ({"year": {"$in": []}}, "filter.year.$in: expected an array of one or more"),
        ({"year": {"$in": [None]}}, "filter.year.$in: expected an array of one or more"),
        ({"year": {"$exists": 1}}, "filter.year.$exists: expected true or false, got 1"),
        ({"$and": []}, "filter.$and: expected an array of one or more filters"),
        ({"$and": {"a": 1}}, "filter.$and: expected an array"),
        ({"$or": [{"a": 1}, {}]}, "filter.$or[1]: expected an object"),
        ({"$eq": 1}, "filter.$eq: an operator stands inside"),
        ({"$not": {"a": 1}}, "filter.$not: an operator stands inside"),
        ({"n": {"$in": list(range(101))}}, "filter: it compares 101 values; the most is 100"),
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


names = st.sampled_from(["year", "team", "draft", "tags"])
scalars = st.sampled_from([1, 2.5, -3, "red", "blue", "", True, False])
numbers = st.sampled_from([0, 1, 2.5])
conditions = (
    scalars
    | st.dictionaries(st.sampled_from(["$eq", "$ne"]), scalars, min_size=1)
    | st.dictionaries(st.sampled_from(["$gt", "$gte", "$lt", "$lte"]), numbers, min_size=1)
    | st.dictionaries(
        st.sampled_from(["$in", "$nin"]), st.lists(scalars, min_size=1, max_size=3), min_size=1
    )
    | st.booleans().map(lambda value: {"$exists": value})
)
filters = st.recursive(
    st.dictionaries(names, conditions, min_size=1, max_size=3),
    lambda inner: st.dictionaries(
        st.sampled_from(["$and", "$or"]), st.lists(inner, min_size=1, max_size=3), min_size=1
    ),
    max_leaves=6,
)
attributes = st.dictionaries(
    names, scalars | st.lists(st.sampled_from(["red", "blue"]), min_size=1, max_size=2), max_size=4
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


def operator_holds(operator, operand, stored):
    values = stored if isinstance(stored, list) else [] if stored is None else [stored]
    if operator == "$exists":
        return (stored is not None) is operand
    if operator in {"$eq", "$in"}:
        wanted = operand if isinstance(operand, list) else [operand]
        return any(same(value, want) for value in values for want in wanted)
    if operator in {"$ne", "$nin"}:
        return not operator_holds({"$ne": "$eq", "$nin": "$in"}[operator], operand, stored)
    compare = {"$gt": float.__gt__, "$gte": float.__ge__, "$lt": float.__lt__, "$lte": float.__le__}
    return any(
        compare[operator](float(value), float(operand))
        for value in values
        if isinstance(value, int | float) and not isinstance(value, bool)
    )


@given(filters, st.lists(attributes, min_size=1, max_size=6))
def test_any_compiled_filter_selects_on_the_service_what_a_plain_evaluator_selects(filter, records):
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
            "metadata": {f"source.metadata.{name}": value for name, value in record.items()},
        }
        for position, record in enumerate(records)
    ]
    service.call("PutVectors", {**index, "vectors": vectors})

    answer = service.call(
        "QueryVectors",
        {
            **index,
            "topK": 100,
            "queryVector": {"float32": [1.0, 1.0]},
            "filter": compile_filter(filter),
        },
    )

    expected = {str(position) for position, record in enumerate(records) if holds(filter, record)}
    assert {vector["key"] for vector in answer["vectors"]} == expected

"""Answers and queries that do without botocore's serializers say the same as with them."""

import json
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vector_store import Vector, VectorStoreFactory
from vector_store.answers import OPERATIONS, read_answers
from vector_store.query_body import query_body

INDEX = {"vectorBucketName": "vectors", "indexName": "chunk"}
NUMBERS = array("f", [0.1234567, -0.0, 1e-38]).tolist()
METADATA = {
    "value": "naïve 🕯 text",
    "yes": True,
    "whole": 7,
    "real": -0.5,
    "tags": ["a", "b"],
    "sizes": [1, 2.5],
}
REQUESTS = {
    "QueryVectors": {
        "queryVector": {"float32": NUMBERS},
        "topK": 3,
        "returnMetadata": True,
        "returnDistance": True,
    },
    "GetVectors": {"keys": ["a", "b"], "returnData": True, "returnMetadata": True},
    "ListVectors": {"maxResults": 1, "returnData": True, "returnMetadata": True},
}


@pytest.fixture
def filled(client):
    store = VectorStoreFactory.for_vector_store("s3vectors://vectors", client=client)
    store.index("chunk").put(
        [Vector("a", NUMBERS, METADATA), Vector("b", NUMBERS[::-1], {"value": ""})]
    )
    return client


def asked(client, operation):
    method = {"QueryVectors": "query_vectors", "GetVectors": "get_vectors"}.get(
        operation, "list_vectors"
    )
    answer = getattr(client, method)(**INDEX, **REQUESTS[operation])
    assert answer.pop("ResponseMetadata")["HTTPStatusCode"] == 200
    return answer


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.usefixtures("filled")
def test_an_answer_is_what_botocore_makes_of_it(connect, operation):
    plain, fast = connect(), connect()
    read_answers(fast)

    assert asked(fast, operation) == asked(plain, operation)


def test_a_query_carries_its_numbers_as_they_are_put(filled):
    bodies = []
    filled.meta.events.register(
        "before-send.s3vectors.QueryVectors", lambda request, **_: bodies.append(request.body)
    )
    index = VectorStoreFactory.for_vector_store("s3vectors://vectors", client=filled).index("chunk")

    (match,) = index.query(NUMBERS, text="naïve", top_k=1, filter={"yes": {"$eq": True}})

    assert match.key == "a"
    body = json.loads(bodies[0])
    assert array("f", body.pop("queryVector")["float32"]).tolist() == NUMBERS
    assert body == {
        **INDEX,
        "topK": 1,
        "returnMetadata": True,
        "returnDistance": True,
        "queryTexts": [{"metadataKey": "value", "text": "naïve"}],
        "returnScores": True,
        "filter": {"yes": {"$eq": True}},
        "queryMode": "ENHANCED",
    }


def test_what_is_null_in_an_answer_is_not_there(filled):
    def with_nulls(response_dict, **_):
        response_dict["body"] = b'{"nextToken":null,"vectors":[{"key":"a","metadata":null}]}'

    filled.meta.events.register_first("before-parse.s3vectors.GetVectors", with_nulls)

    assert asked(filled, "GetVectors") == {"vectors": [{"key": "a"}]}


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=8
    ).filter(any),
    st.dictionaries(st.text(), st.integers() | st.text() | st.booleans(), min_size=1),
)
def test_any_query_is_read_back_as_it_was(numbers, filter_):
    read = json.loads(query_body({"filter": filter_}, numbers).json)

    assert array("f", read["queryVector"]["float32"]).tobytes() == array("f", numbers).tobytes()
    assert read["filter"] == filter_

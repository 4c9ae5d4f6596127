"""What a request must be, and how it is said what is wrong with one."""

import json

import pytest

from querying.documents_schema import DocumentsRequest
from querying.errors import InvalidFieldError, MalformedBodyError
from querying.query_schema import QueryRequest

PROBLEMS = {
    "{}": "query: it is required",
    '{"query": "x", "topK": 3}': "topK: there is no such field; there are query, top_k, mode",
    '{"query": "x", "top_k": "ten"}': "top_k: expected int, got str",
    '{"query": "x", "top_k": 0}': "top_k: expected int >= 1",
    '{"query": "x", "top_k": true}': "top_k: expected int, got bool",
    '{"query": "x", "mode": "fuzzy"}': "mode: Invalid enum value 'fuzzy'",
    '{"query": "x", "filter": ["year"]}': "filter: expected object | null, got array",
    '"x"': "body: expected object, got str",
}


@pytest.mark.parametrize("body", PROBLEMS)
def test_a_problem_names_the_field_and_what_would_be_right(body):
    with pytest.raises(InvalidFieldError) as caught:
        QueryRequest.of_json(body.encode())

    assert str(caught.value).startswith(PROBLEMS[body])


@pytest.mark.parametrize("name", ["a`b", "a - at `$.b`", "line\nbreak", ""])
def test_a_field_of_any_name_is_named_as_it_is(name):
    with pytest.raises(InvalidFieldError) as caught:
        QueryRequest.of_json(json.dumps({"query": "x", name: 1}).encode())

    assert caught.value.field == name


def test_a_number_without_a_fraction_is_whole():
    assert QueryRequest.of_json(b'{"query": "x", "top_k": 3.0}').top_k == 3


@pytest.mark.parametrize("body", [100_000 * b"[", b'{"query": "x", "filter": ' + 90_000 * b'{"a":'])
def test_a_body_that_is_nested_too_deep_is_no_request(body):
    with pytest.raises(MalformedBodyError):
        QueryRequest.of_json(body)


def test_a_question_is_asked_without_the_white_space_around_it():
    assert QueryRequest.of_json(b'{"query": "\\u2003 wick\\n"}').query == "wick"


def test_a_parameter_of_a_url_is_named_too():
    with pytest.raises(InvalidFieldError, match=r"^state: Invalid enum value 'REMOVED'"):
        DocumentsRequest.of_query_string({"state": "REMOVED"})

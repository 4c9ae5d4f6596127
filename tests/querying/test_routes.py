import json

import pytest

from querying.gateway import json_text
from querying.handler import ANSWERS
from querying.routes import ROUTES, route_to


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/query", ("/query", ())),
        ("/documents", ("/documents", ())),
        ("/tenants/acme/query", ("/tenants/{tenant_id}/query", ("acme",))),
        ("/tenants/query/query", ("/tenants/{tenant_id}/query", ("query",))),
        ("/tenants/a%2Fb/documents", ("/tenants/{tenant_id}/documents", ("a%2Fb",))),
    ],
)
def test_a_path_is_of_a_route_and_names_its_tenant_as_it_was_sent(path, expected):
    assert route_to(path) == expected


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/query/",
        "/query\n",
        "//query",
        "/tenants/query",
        "/tenants//query",
        "/tenants/a/b/query",
        "/tenants/acme/query/",
        "/prod/tenants/acme/query",
        "/tenants/{tenant_id}",
    ],
)
def test_any_other_path_is_of_no_route(path):
    assert route_to(path) is None


def test_every_route_has_an_answer():
    assert ANSWERS.keys() == ROUTES.keys()


@pytest.mark.parametrize("value", [2**80, "\ud800", "né", {"a": [1.5, None, True]}, 0.1])
def test_an_answer_is_read_back_whatever_numbers_and_characters_are_in_it(value):
    assert json.loads(json_text([value]).encode()) == [value]

"""`python -m local.openapi [--check]`: docs/openapi.json, from the function's routes and models.

OpenAPI 3.1. What JSON Schema cannot say of a request (a filter of too many values, a page token)
is told in descriptions, and answered with 400.
"""

import argparse
import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
from msgspec.json import schema_components

from local.openapi_examples import DOCUMENTS, PROBLEM, QUERY, QUERY_ANSWER
from local.openapi_filter import CONDITION, FILTER
from querying import documents_schema, handler, query_schema
from querying.routes import ROUTES, TENANT_PARAMETER

PATH = Path(__file__).parents[1] / "docs/openapi.json"
SCHEMAS = "#/components/schemas/"

_PROBLEMS = {
    HTTPStatus.BAD_REQUEST: "The tenant, the filter or the page token is not valid, or the body is no JSON.",
    HTTPStatus.UNAUTHORIZED: "The gateway takes no such token.",
    HTTPStatus.FORBIDDEN: "The caller may not ask for this tenant; from the gateway: not for this route.",
    HTTPStatus.NOT_FOUND: "The tenant has no indexed documents, or no such one.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large; from the gateway: over 10 MB.",
    HTTPStatus.REQUEST_URI_TOO_LONG: "The gateway takes no URL so long.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "`errors` names each field that is not valid.",
    HTTPStatus.TOO_MANY_REQUESTS: (
        "The tenant's index is asked too often; `Retry-After` says when to come back. From the gateway: "
        "the whole API is, and it does not say."
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "Something went wrong; the log knows it by `request_id`. From the gateway: the function ended."
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        "A service is busy; `Retry-After` says when to come back. From the gateway, which does not say: "
        "no function could be started, or the answer took over 30 s."
    ),
}
_OF_THE_GATEWAY_ALONE = {HTTPStatus.UNAUTHORIZED, HTTPStatus.REQUEST_URI_TOO_LONG}
_OF_THE_GATEWAY = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Answered by API Gateway too, as JSON of its own form."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What a method of a path does: the handler's function, what it takes and what it answers."""

    function: Callable[..., Any]
    tag: str
    answer: Any
    example: dict[str, Any]
    body: Any = None
    parameters: Any = None


_QUERY: dict[str, Any] = {
    "tag": "query",
    "answer": query_schema.QueryAnswer,
    "example": QUERY_ANSWER,
    "body": query_schema.QueryRequest,
}
_LIST: dict[str, Any] = {
    "tag": "documents",
    "answer": documents_schema.DocumentsAnswer,
    "example": DOCUMENTS,
    "parameters": documents_schema.DocumentsRequest,
}
# HEAD is GET without the body; describing it would give each client a second function.
OPERATIONS: dict[tuple[str, str], Operation] = {
    ("POST", "/query"): Operation(handler.query_default_tenant, **_QUERY),
    ("POST", "/tenants/{tenant_id}/query"): Operation(handler.query_tenant, **_QUERY),
    ("GET", "/documents"): Operation(handler.list_documents_of_default_tenant, **_LIST),
    ("GET", "/tenants/{tenant_id}/documents"): Operation(handler.list_documents_of_tenant, **_LIST),
}


def description() -> dict[str, Any]:
    """Return the whole description of the HTTP API."""
    schemas = _schemas()
    paths: dict[str, Any] = {path: {} for path in ROUTES}
    for (method, path), operation in OPERATIONS.items():
        paths[path][method.lower()] = _operation(path, operation)
    schemas["QueryRequest"]["properties"]["filter"] = {
        "anyOf": [{"$ref": SCHEMAS + "Filter"}, {"type": "null"}],
        "default": None,
        "description": "Which chunks are looked through, by their documents' attributes.",
    }
    schemas["QueryRequest"]["allOf"] = _RULES
    schemas["QueryRequest"]["examples"] = [QUERY]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "dropvec",
            "version": "1",
            "summary": "Search in the documents of one tenant, by meaning, by words or by both",
        },
        "servers": [
            {
                "url": "https://{api}.execute-api.{region}.amazonaws.com",
                "variables": {"api": {"default": "api"}, "region": {"default": "us-east-1"}},
            },
            {"url": "http://127.0.0.1:3000", "description": "the local stack"},
        ],
        "security": [{"signature": []}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "responses": {_name(status): _problem_response(status) for status in _PROBLEMS},
            "headers": {
                "RequestId": {"description": "The logs know it.", "schema": {"type": "string"}},
                "RetryAfter": {"description": "Seconds", "schema": {"type": "integer"}},
            },
            "securitySchemes": {
                "signature": {
                    "type": "apiKey",
                    "name": "Authorization",
                    "in": "header",
                    "description": "AWS Signature Version 4, service execute-api (the default)",
                    "x-amazon-apigateway-authtype": "awsSigv4",
                },
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
        },
    }


def _products(most: int) -> Iterator[dict[str, Any]]:
    """Yield what `passages` and `top_k` may be together: their product is no more than so much."""
    for passages in range(1, query_schema.MAX_PASSAGES + 1):
        allowed = {"passages": {"maximum": passages}, "top_k": {"maximum": most // passages}}
        told = {"required": ["passages"]} if passages < query_schema.DEFAULT_PASSAGES else {}
        yield {**told, "properties": allowed}


_RULES = [
    {
        "if": {"required": ["min_score"], "properties": {"min_score": {"type": "number"}}},
        "then": {
            "anyOf": [
                {"required": ["mode"], "properties": {"mode": {"type": "string"}}},
                {"required": ["rerank"], "properties": {"rerank": {"const": True}}},
            ]
        },
    },
    {
        "if": {
            "anyOf": [
                {"required": ["rerank"], "properties": {"rerank": {"const": True}}},
                {"required": ["group_by"], "properties": {"group_by": {"type": "string"}}},
            ]
        },
        "then": {"properties": {"top_k": {"maximum": query_schema.MAX_ITEMS}}},
    },
    {
        "if": {
            "required": ["context", "group_by"],
            "properties": {"context": {"minimum": 1}, "group_by": {"type": "string"}},
        },
        "then": {"anyOf": list(_products(query_schema.MAX_PASSAGES_WITH_CONTEXT))},
    },
]


def _schemas() -> dict[str, Any]:
    """The schemas that operations refer to, by name."""
    models = {model for o in OPERATIONS.values() for model in (o.body, o.answer) if model}
    _, schemas = schema_components(models, ref_template=SCHEMAS + "{name}")
    _describe(schemas, [query_schema, documents_schema])
    return {
        **schemas,
        "Filter": FILTER,
        "Condition": CONDITION,
        "Problem": _problem(),
        "Refusal": _REFUSAL,
    }


def _reference(model: Any) -> dict[str, str]:
    return {"$ref": SCHEMAS + model.__name__}


def _operation(path: str, operation: Operation) -> dict[str, Any]:
    content = {"schema": _reference(operation.answer), "example": operation.example}
    described: dict[str, Any] = {
        "operationId": operation.function.__name__,
        "summary": inspect.getdoc(operation.function),
        "tags": [operation.tag],
        "responses": {
            "200": {
                "description": inspect.getdoc(operation.answer),
                "headers": {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}},
                "content": {"application/json": content},
            },
            **{str(s.value): {"$ref": f"#/components/responses/{_name(s)}"} for s in _PROBLEMS},
        },
    }
    parameters = [_TENANT] if f"{{{TENANT_PARAMETER}}}" in path else []
    if operation.parameters:
        parameters += _query_parameters(operation.parameters)
    if parameters:
        described["parameters"] = parameters
    if operation.body:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _reference(operation.body)}},
        }
    return described


_TENANT = {
    "name": TENANT_PARAMETER,
    "in": "path",
    "required": True,
    "description": "The tenant; the default one has the routes without it.",
    "schema": {
        "type": "string",
        "pattern": r"^[a-z0-9]+(\.[a-z0-9]+)*$",
        "minLength": 1,
        "maxLength": 25,
    },
    "example": "acme",
}


def _query_parameters(model: Any) -> Iterator[dict[str, Any]]:
    _, schemas = schema_components([model])
    told = _attribute_docs(documents_schema)[model.__name__]
    for name, property_ in schemas[model.__name__]["properties"].items():
        # Of a URL, a parameter that is not given is none.
        (value,) = (s for s in property_.get("anyOf", [property_]) if s != {"type": "null"})
        parameter = {"name": name, "in": "query", "required": False, "schema": value}
        if name in told:
            parameter["description"] = told[name]
        yield parameter


def _problem() -> dict[str, Any]:
    error = {
        "type": "object",
        "required": ["field", "message"],
        "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
    }
    return {
        "type": "object",
        "title": "Problem",
        "description": "Why there is no answer (RFC 9457).",
        "required": ["type", "title", "status", "request_id"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "request_id": {"type": "string"},
            "errors": {"type": "array", "items": error},
        },
        "examples": [PROBLEM],
    }


_REFUSAL = {
    "type": "object",
    "title": "Refusal",
    "description": "What API Gateway says itself, where no function answers: it has no `Retry-After` and "
    "no `X-Request-Id`; the gateway's log knows it by the header `apigw-requestid`.",
    "required": ["message"],
    "properties": {"message": {"type": "string"}},
    "examples": [{"message": "Too Many Requests"}],
}


def _name(status: HTTPStatus) -> str:
    """By its number: Python 3.13 has other words for some."""
    return f"Problem{status.value}"


def _problem_response(status: HTTPStatus) -> dict[str, Any]:
    headers, content = {}, {}
    if status not in _OF_THE_GATEWAY_ALONE:
        headers["X-Request-Id"] = {"$ref": "#/components/headers/RequestId"}
        content["application/problem+json"] = {"schema": {"$ref": SCHEMAS + "Problem"}}
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        headers["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
    if status in _OF_THE_GATEWAY:
        content["application/json"] = {"schema": {"$ref": SCHEMAS + "Refusal"}}
    parts = {"headers": headers, "content": content}
    return {
        "description": _PROBLEMS[status],
        **{name: part for name, part in parts.items() if part},
    }


def _describe(schemas: dict[str, Any], modules: list[ModuleType]) -> None:
    """Put in what the models' sources say of their attributes."""
    for module in modules:
        for name, told in _attribute_docs(module).items():
            for attribute, text in told.items():
                schemas.get(name, {}).get("properties", {}).get(attribute, {})["description"] = text


def _attribute_docs(module: ModuleType) -> dict[str, dict[str, str]]:
    """The strings below attributes, by class and attribute."""
    found: dict[str, dict[str, str]] = {}
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = dict(_documented(node))
    return found


def _documented(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for statement, below in zip(node.body, node.body[1:], strict=False):
        match statement, below:
            case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(text))):
                yield name, inspect.cleandoc(text)


def main() -> int:
    """Write the file, or say whether it is as it would be written."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--check", action="store_true", help="1 if the file is stale")
    content = orjson.dumps(description(), option=orjson.OPT_INDENT_2) + b"\n"
    if not arguments.parse_args().check:
        PATH.write_bytes(content)
    elif not PATH.exists() or PATH.read_bytes() != content:
        sys.stderr.write(f"{PATH.name} is stale: run make openapi and commit it\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

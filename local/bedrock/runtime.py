"""The endpoints `bedrock-runtime` and `bedrock-agent-runtime`, as far as search goes: a WSGI application."""

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import orjson
from werkzeug.wrappers import Request, Response

from embedding.invocation import TOKENS_HEADER
from local.bedrock.cohere import cohere_v3, cohere_v4
from local.bedrock.errors import (
    InvokeModelError,
    ResourceNotFoundError,
    UnknownOperationError,
    ValidationError,
)
from local.bedrock.minilm import MiniLM
from local.bedrock.rerank import rerank
from local.bedrock.titan import titan_v2

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MODELS: dict[str, Callable[[bytes, MiniLM], dict[str, Any]]] = {
    "amazon.titan-embed-text-v2:0": titan_v2,
    "cohere.embed-english-v3": cohere_v3,
    "cohere.embed-multilingual-v3": cohere_v3,
    "cohere.embed-v4:0": cohere_v4,
}

_INVOKE = re.compile(r"/model/(.+)/invoke")
_ARN = re.compile(r"arn:[^/]+:(?:foundation-model|inference-profile)/")
_GEOGRAPHY = re.compile(r"(?:us|us-gov|eu|apac|jp|au|ca|global)\.")


def application(
    environ: "WSGIEnvironment", start_response: "StartResponse", *, minilm: MiniLM | None = None
) -> Iterable[bytes]:
    """Answer InvokeModel and Rerank; the first request loads the model (MiniLM)."""
    return _response(Request(environ), minilm or MiniLM())(environ, start_response)


def _response(request: Request, minilm: MiniLM) -> Response:
    try:
        answer = _answer(request, minilm)
    except InvokeModelError as error:
        return Response(
            orjson.dumps({"message": str(error)}),
            status=error.status,
            headers={"x-amzn-errortype": f"{error.code}:"},
            content_type="application/json",
        )
    body = orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)
    # The service tells the tokens of some models' requests there.
    tokens = answer.get("inputTextTokenCount")
    headers = {} if tokens is None else {TOKENS_HEADER: str(tokens)}
    return Response(body, headers=headers, content_type="application/json")


def _answer(request: Request, minilm: MiniLM) -> dict[str, Any]:
    path = _INVOKE.fullmatch(request.path)
    if request.method == "POST" and request.path == "/rerank":
        return rerank(request.get_data(), minilm)
    if request.method == "POST" and path:
        return _model(path[1])(request.get_data(), minilm)
    raise UnknownOperationError(
        f"only POST /model/<model id>/invoke and POST /rerank, not {request.path}"
    )


def _model(model_id: str) -> Callable[[bytes, MiniLM], dict[str, Any]]:
    name = model_id
    for prefix in (_ARN, _GEOGRAPHY):
        if match := prefix.match(name):
            name = name[match.end() :]
    if name in MODELS:
        return MODELS[name]
    known = f"this endpoint has {', '.join(MODELS)}"
    if model_id.startswith("arn:"):
        raise ResourceNotFoundError(f"Could not resolve the resource {model_id}: {known}")
    raise ValidationError(f"The provided model identifier is invalid: {model_id}; {known}")

"""Amazon S3 Vectors over HTTP: the rest-json protocol, as a WSGI application."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson

from local.s3vectors.errors import (
    S3VectorsError,
    SerializationError,
    UnknownOperationError,
    ValidationError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import InputStream, StartResponse, WSGIEnvironment

    from local.s3vectors.service import S3VectorsService

# Exactly this many bytes are accepted, one more is not.
MAX_BODY_BYTES = 20_971_520

READ_BYTES = 2**16


def application(
    service: S3VectorsService,
) -> Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]:
    """A WSGI application that answers ``POST /{Operation}`` by calling the service."""

    def respond(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        headers = [("Content-Type", "application/json"), ("x-amzn-requestid", str(uuid.uuid4()))]
        status = HTTPStatus.OK
        try:
            answer = service.call(_operation(environ), _request(environ))
        except S3VectorsError as error:
            answer, status = error.body(), HTTPStatus(error.status)
            headers.append(("x-amzn-errortype", error.code))
        body = orjson.dumps(answer, default=_epoch_seconds, option=orjson.OPT_PASSTHROUGH_DATETIME)
        headers.append(("Content-Length", str(len(body))))
        start_response(f"{status.value} {status.phrase}", headers)
        return [body]

    return respond


def _operation(environ: WSGIEnvironment) -> str:
    method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
    if method != "POST":
        raise UnknownOperationError(f"S3 Vectors has no operation at {method} {path}")
    return str(path).removeprefix("/")


def _request(environ: WSGIEnvironment) -> dict[str, Any]:
    body = _body(environ["wsgi.input"], int(environ.get("CONTENT_LENGTH") or 0))
    try:
        request = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        raise SerializationError(f"not JSON: {error}") from error
    if not isinstance(request, dict):
        raise SerializationError("not a JSON object")
    return request


def _body(stream: InputStream, length: int) -> bytes:
    if length <= MAX_BODY_BYTES:
        return stream.read(length)
    # Read to the end: closed on while it still sends, a client sees a reset and no answer.
    while length > 0:
        received = len(stream.read(min(length, READ_BYTES)))
        length = length - received if received else 0
    raise ValidationError("Request body exceeds max allowed size")


def _epoch_seconds(value: Any) -> float:
    return float(value.timestamp())

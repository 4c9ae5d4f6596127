"""Amazon S3 Vectors over HTTP: the rest-json protocol, as a WSGI application."""

from __future__ import annotations

import re
import socket
import struct
import sys
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson

from local.s3vectors.admin import PREFIX as ADMIN_PREFIX
from local.s3vectors.admin import administer
from local.s3vectors.errors import (
    S3VectorsError,
    SerializationError,
    ValidationError,
)
from local.s3vectors.routes import routed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import InputStream, StartResponse, WSGIEnvironment

    from local.s3vectors.service import S3VectorsService

# Exactly this many bytes are accepted, one more is not.
MAX_BODY_BYTES = 20_971_520

READ_BYTES = 2**16

# Where werkzeug's server, and this package's, put the connection, and say that a body ends by itself.
SOCKET = "werkzeug.socket"
INPUT_TERMINATED = "wsgi.input_terminated"

CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/")


def application(
    service: S3VectorsService,
) -> Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]:
    """A WSGI application that answers requests to the model's routes by calling the service.

    Paths below ``/_s3vectors/`` are its own, see ``admin``.
    """

    def respond(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        headers = [("Content-Type", "application/json"), ("x-amzn-requestid", str(uuid.uuid4()))]
        status = HTTPStatus.OK
        try:
            answer = _answer(service, environ)
        except S3VectorsError as error:
            answer, status = error.body(), HTTPStatus(error.status)
            headers.append(("x-amzn-errortype", error.code))
        except ConnectionResetError:
            _reset(environ)
            raise
        body = orjson.dumps(answer, default=_epoch_seconds, option=orjson.OPT_PASSTHROUGH_DATETIME)
        headers.append(("Content-Length", str(len(body))))
        start_response(f"{status.value} {status.phrase}", headers)
        return [body]

    return respond


def _answer(service: S3VectorsService, environ: WSGIEnvironment) -> dict[str, Any]:
    # WSGI hands the path's bytes as Latin-1.
    path = environ.get("PATH_INFO", "").encode("latin-1").decode(errors="replace")
    method = environ["REQUEST_METHOD"]
    # Before anything is refused: a body that is left unread breaks the connection.
    body, size = _body(environ)
    if path.startswith(ADMIN_PREFIX):
        return administer(service, method, path, _request(body, size))
    operation, members = routed(method, path, environ.get("QUERY_STRING", ""))
    credential = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    signed_by = credential[1] if credential else ""
    try:
        request = _request(body, size)
    except S3VectorsError as error:
        service.note_refusal(operation, members, error, signed_by=signed_by, request_bytes=size)
        raise
    return service.call(operation, request | members, signed_by=signed_by, request_bytes=size)


def _reset(environ: WSGIEnvironment) -> None:
    """Break the connection, where the server tells which it is."""
    connection: socket.socket | None = environ.get(SOCKET)
    if connection is not None:
        # Closed without lingering, a connection is reset instead of ended.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RD)
        connection.close()


def _request(body: bytes, size: int) -> dict[str, Any]:
    if size > MAX_BODY_BYTES:
        raise ValidationError("Request body exceeds max allowed size")
    try:
        request = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        raise SerializationError(f"not JSON: {error}") from error
    if not isinstance(request, dict):
        raise SerializationError("not a JSON object")
    return request


def _body(environ: WSGIEnvironment) -> tuple[bytes, int]:
    """The body, if it is not too large, and its size.

    It is read to its end: closed on while it still sends, a client sees a reset and no answer.
    """
    stream: InputStream = environ["wsgi.input"]
    left = int(environ.get("CONTENT_LENGTH") or 0)
    if environ.get(INPUT_TERMINATED):
        left = sys.maxsize  # of chunks, no length is told
    parts: list[bytes] = []
    size = 0
    try:
        while left > 0 and (part := stream.read(min(left, READ_BYTES))):
            left -= len(part)
            size += len(part)
            if size <= MAX_BODY_BYTES:
                parts.append(part)
    except OSError as error:
        raise SerializationError(f"the body breaks off: {error}") from error
    return b"".join(parts), size


def _epoch_seconds(value: Any) -> float:
    return float(value.timestamp())

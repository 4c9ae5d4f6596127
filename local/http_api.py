"""API Gateway's HTTP API on this machine: requests become events (payload format 2.0) for a handler."""

import base64
import re
import time
import uuid
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from local.lambda_runtime import Handler, LocalContext
from local.template import ACCOUNT_ID, Route

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

TIMEOUT_SECONDS = 29
MAX_BODY_BYTES = 10_485_760
"""What API Gateway takes of a request."""


class HttpApi:
    """The WSGI application: each route's function answers, one request at a time, as a container does."""

    def __init__(self, routes: Iterable[Route], handlers: Mapping[str, Handler]) -> None:
        self._routes = [(route, _pattern(route.path)) for route in routes]
        self._handlers = handlers
        self._lock = Lock()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        if (request.content_length or 0) > MAX_BODY_BYTES:
            response = _message(413, "Request Entity Too Large")
        else:
            response = self._answer(request)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        for route, pattern in self._routes:
            match = pattern.fullmatch(request.path)
            if match and route.method.upper() == request.method:
                event = _event(request, route, match.groupdict())
                context = LocalContext(route.function, TIMEOUT_SECONDS)
                with self._lock:
                    answer = self._handlers[route.function](event, context)
                return _response(answer)
        return _message(404, "Not Found")


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))


def _event(request: Request, route: Route, parameters: dict[str, str]) -> dict[str, Any]:
    body = request.get_data()
    try:
        text, encoded = body.decode(), False
    except UnicodeDecodeError:
        text, encoded = base64.b64encode(body).decode(), True
    event = {
        "version": "2.0",
        "routeKey": f"{request.method} {route.path}",
        "rawPath": request.path,
        "rawQueryString": request.query_string.decode("latin-1"),
        "headers": {name.lower(): value for name, value in request.headers.items()},
        "requestContext": {
            "accountId": ACCOUNT_ID,
            "apiId": "local",
            "domainName": request.host,
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": request.environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
                "sourceIp": request.remote_addr or "",
                "userAgent": request.headers.get("User-Agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": f"{request.method} {route.path}",
            "stage": "$default",
            "timeEpoch": int(time.time() * 1000),
        },
        "isBase64Encoded": encoded,
    }
    if body:
        event["body"] = text
    if parameters:
        event["pathParameters"] = parameters
    if request.args:
        event["queryStringParameters"] = request.args.to_dict()
    return event


def _response(answer: Mapping[str, Any]) -> Response:
    body = answer.get("body") or ""
    return Response(
        base64.b64decode(body) if answer.get("isBase64Encoded") else body,
        status=answer["statusCode"],
        headers=answer.get("headers") or {},
    )


def _message(status: int, message: str) -> Response:
    """An answer of API Gateway itself, in its own form."""
    return Response(f'{{"message":"{message}"}}', status=status, content_type="application/json")

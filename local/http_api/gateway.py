"""Requests become events (payload format 2.0) for a handler, and its answers responses."""

import base64
import time
import uuid
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from local.http_api.authorizers import API_ID, STAGE, Authorizer, message
from local.http_api.routes import DEFAULT_ROUTE_KEY, Cors, Route, chosen
from local.lambda_runtime import Handler, LocalContext
from local.template import ACCOUNT_ID

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

TIMEOUT_SECONDS = 29
MAX_BODY_BYTES = 10_485_760
"""What API Gateway takes of a request."""


class HttpApi:
    """The WSGI application: each route's function answers, one request at a time, as a container does.

    `authorizers` by kind (`AWS_IAM`, `JWT`) decide about the routes that ask for one; without any,
    nobody is refused, as under `sam local start-api`.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        handlers: Mapping[str, Handler],
        *,
        cors: Cors | None = None,
        authorizers: Mapping[str, Authorizer] | None = None,
    ) -> None:
        self._routes = tuple(routes)
        self._handlers = handlers
        self._cors = cors
        self._authorizers = authorizers
        self._lock = Lock()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        response = self._answer(request)
        origin = request.headers.get("Origin")
        if self._cors and origin:
            response.headers.update(self._cors.of_origin(origin))
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if (request.content_length or 0) > MAX_BODY_BYTES:
            return message(413, "Request Entity Too Large")
        if self._cors and _is_preflight(request):
            return Response(status=204, headers=self._cors.preflight)
        found = chosen(self._routes, request.method, request.path)
        if found is None:
            return message(404, "Not Found")
        route, parameters = found
        caller = self._caller(request, route)
        if isinstance(caller, Response):
            return caller
        event = _event(request, route, parameters, caller)
        context = LocalContext(route.function, TIMEOUT_SECONDS)
        with self._lock:
            answer = self._handlers[route.function](event, context)
        return _response(answer)

    def _caller(self, request: Request, route: Route) -> dict[str, Any] | Response:
        if self._authorizers is None or route.authorization == "NONE":
            return {}
        return self._authorizers[route.authorization].authorize(request)


def _is_preflight(request: Request) -> bool:
    asked = {"Origin", "Access-Control-Request-Method"}
    return request.method == "OPTIONS" and all(name in request.headers for name in asked)


def _event(
    request: Request, route: Route, parameters: dict[str, str], caller: dict[str, Any]
) -> dict[str, Any]:
    body = request.get_data()
    try:
        text, encoded = body.decode(), False
    except UnicodeDecodeError:
        text, encoded = base64.b64encode(body).decode(), True
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": request.path,
        "rawQueryString": request.query_string.decode("latin-1"),
        "headers": {name.lower(): value for name, value in request.headers.items()},
        "requestContext": {
            "accountId": ACCOUNT_ID,
            "apiId": API_ID,
            "domainName": request.host,
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": request.environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
                "sourceIp": request.remote_addr or "",
                "userAgent": request.headers.get("User-Agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": route.key,
            "stage": STAGE,
            "timeEpoch": int(time.time() * 1000),
        },
        "isBase64Encoded": encoded,
    }
    if caller:
        event["requestContext"]["authorizer"] = caller
    if body:
        event["body"] = text
    if parameters and route.key != DEFAULT_ROUTE_KEY:
        event["pathParameters"] = parameters
    if request.args:
        # Several values of one name are one text.
        event["queryStringParameters"] = {n: ",".join(v) for n, v in request.args.lists()}
    return event


def _response(answer: Mapping[str, Any]) -> Response:
    body = answer.get("body") or ""
    response = Response(
        base64.b64decode(body) if answer.get("isBase64Encoded") else body,
        status=answer["statusCode"],
    )
    del response.headers["content-type"]
    response.headers.update(answer.get("headers") or {})
    return response

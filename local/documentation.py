"""The description of the HTTP API, to read and to try: `/openapi.json`, and a page at `/docs`."""

from collections.abc import Iterable
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import orjson
from aws_lambda_powertools.event_handler.openapi import swagger_ui
from aws_lambda_powertools.event_handler.openapi.swagger_ui.html import generate_swagger_html
from werkzeug.wrappers import Request, Response

from local.openapi import description

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Documented:
    """The WSGI application: the API, and beside it its description, as it holds on this machine."""

    def __init__(self, api: "WSGIApplication") -> None:
        self._api = api

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        if request.method not in {"GET", "HEAD"} or request.path not in {"/openapi.json", "/docs"}:
            return self._api(environ, start_response)
        if request.path == "/docs":
            return Response(page(), mimetype="text/html")(environ, start_response)
        body = orjson.dumps(local_description())
        return Response(body, mimetype="application/json")(environ, start_response)


def local_description() -> dict[str, Any]:
    """Return the description without what a deployment alone has: its address, and who may ask."""
    described = description()
    del described["security"], described["components"]["securitySchemes"]
    return {**described, "servers": [{"url": "/"}]}


def page() -> str:
    """Return Swagger UI with the description in it; it asks no other host for anything."""
    assets = files(swagger_ui)
    return generate_swagger_html(
        spec=orjson.dumps(local_description()).decode().replace("</", "<\\/"),
        swagger_js=(assets / "swagger-ui-bundle.min.js").read_text(),
        swagger_css=(assets / "swagger-ui.min.css").read_text(),
        swagger_base_url="",
        oauth2_config=None,
    )

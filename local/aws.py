"""AWS on one endpoint of this machine: moto's S3, SQS, DynamoDB and STS, S3 Vectors, and Bedrock."""

import re
from collections.abc import Iterable
from threading import Thread
from typing import TYPE_CHECKING, Self

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from local import bedrock, s3vectors

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_SIGNING_NAME = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")


class QuietRequestHandler(MotoRequestHandler):
    """Logs no request."""

    # Without it, the answer's head waits for the acknowledgement of the packet before.
    disable_nagle_algorithm = True
    protocol_version = "HTTP/1.1"

    def log_request(self, *_: object) -> None:
        """Log nothing: a served request is no news."""


class AwsEndpoint:
    """The WSGI application behind the endpoint: whoever a request is signed for answers it."""

    def __init__(self, services: "dict[str, WSGIApplication]") -> None:
        self._services = services
        self._others: WSGIApplication = DomainDispatcherApplication(create_backend_app)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        signed = _SIGNING_NAME.search(environ.get("HTTP_AUTHORIZATION", ""))
        service = self._services.get(signed[1], self._others) if signed else self._others
        return service(environ, start_response)


class LocalAws:
    """A running endpoint; a context manager that stops it.

    Port 0 takes a free one. `bedrock_runtime` may be another than the one that really embeds.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        bedrock_runtime: "WSGIApplication" = bedrock.application,
    ) -> None:
        self.vectors = s3vectors.S3VectorsService()
        endpoint = AwsEndpoint(
            {"bedrock": bedrock_runtime, "s3vectors": s3vectors.application(self.vectors)}
        )
        self._server = make_server(
            host, port, endpoint, threaded=True, request_handler=QuietRequestHandler
        )
        self._thread = Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """The endpoint's address."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

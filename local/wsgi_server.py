"""A WSGI application on a port of this machine."""

from threading import Thread
from typing import TYPE_CHECKING, Self

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import make_server

from local.s3vectors.server import POLL_SECONDS

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class WsgiServer:
    """A running server; a context manager that stops it.

    Port 0 takes a free one. Each request has a connection and a thread of its own: Werkzeug closes a
    connection with the answer.
    """

    def __init__(
        self, application: "WSGIApplication", *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self._server = make_server(
            host, port, application, threaded=True, request_handler=_RequestHandler
        )
        self._thread = Thread(target=self._server.serve_forever, args=(POLL_SECONDS,), daemon=True)

    @property
    def url(self) -> str:
        """The server's address."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _RequestHandler(MotoRequestHandler):
    """Speaks HTTP/1.1, passes on headers as moto needs them, and logs no request."""

    protocol_version = "HTTP/1.1"
    # Else an answer's last part waits until the client has acknowledged the part before.
    disable_nagle_algorithm = True

    def log_request(self, *_: object) -> None:
        """Log nothing: a served request is no news."""

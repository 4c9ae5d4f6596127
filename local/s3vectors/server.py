"""A server of the service alone, by the standard library: for tests and for other languages."""

from __future__ import annotations

from io import BufferedReader
from socketserver import ThreadingMixIn
from threading import Thread
from typing import TYPE_CHECKING, Any, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from local.s3vectors.chunked_body import ChunkedBody
from local.s3vectors.wire import INPUT_TERMINATED, SOCKET, application

if TYPE_CHECKING:
    from local.s3vectors.service import S3VectorsService

POLL_SECONDS = 0.02
"""A server that is told to stop notices it within this time."""


class LocalServer:
    """A running endpoint of a service; a context manager that stops it. Port 0 takes a free one.

    Stopping it leaves the service open.
    """

    def __init__(
        self, service: S3VectorsService, *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self._server = _ThreadingServer((host, port), _QuietHandler)
        self._server.set_app(application(service))
        self._thread = Thread(target=self._server.serve_forever, args=(POLL_SECONDS,), daemon=True)

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

    def join(self) -> None:
        """Wait until the server is stopped."""
        self._thread.join()


class _ThreadingServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128

    def server_bind(self) -> None:
        super().server_bind()
        # What the base class looks up by name may take seconds; nobody reads it.
        self.server_name = str(self.server_address[0])


class _QuietHandler(WSGIRequestHandler):
    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        self._is_chunked = self.headers.get("Transfer-Encoding", "").lower() == "chunked"
        if self._is_chunked:
            self.rfile = BufferedReader(ChunkedBody(self.rfile))
        return True

    def get_environ(self) -> dict[str, Any]:
        added = {SOCKET: self.connection, INPUT_TERMINATED: self._is_chunked}
        return super().get_environ() | added

    def address_string(self) -> str:
        return str(self.client_address[0])

    def log_message(self, *_: object) -> None:
        pass

"""The services that a question needs, whose connections stay open as those of AWS do, and are counted."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

ROLE = b"""<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>a</AccessKeyId>
<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""


class Services:
    """A server that knows what came on which connection."""

    def __init__(self) -> None:
        self.connections: list[tuple[socket.socket, list[str]]] = []
        self.hangs_up_once = ""
        """The operation that is not answered the next time: its connection is closed instead."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def operations(self) -> list[list[str]]:
        """What came on each connection that anything came on, in order."""
        return [operations for _, operations in self.connections if operations]

    def close_connections(self) -> None:
        """Do what a service does with connections that are idle for long."""
        for connection, _ in self.connections:
            with suppress(OSError):  # it is closed
                connection.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def serving(self) -> Iterator["Services"]:
        thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self.close_connections()
            self._server.server_close()
            thread.join()

    def _handler(services: "Services") -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                self.operations: list[str] = []
                services.connections.append((self.connection, self.operations))

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                operation = {"/": "AssumeRole"}.get(self.path, self.path.rpartition("/")[2])
                self.operations.append(operation)
                if operation == services.hangs_up_once:
                    services.hangs_up_once = ""
                    self.close_connection = True
                    return
                answer = answers[operation]
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        answers = {
            "AssumeRole": ROLE,
            "QueryVectors": b'{"vectors": [], "distanceMetric": "cosine"}',
            "invoke": json.dumps({"embedding": [0.5] * 256, "inputTextTokenCount": 3}).encode(),
        }
        return Handler

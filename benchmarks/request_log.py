"""What a WSGI application was asked for: service, operation, and bytes both ways."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_SERVICE = re.compile(r"/([a-z0-9]+)/aws4_request")


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request: bytes are those of the bodies."""

    service: str
    operation: str
    sent: int
    received: int


class RequestLog:
    """A WSGI application that notes the requests to another."""

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application
        self.requests: list[LoggedRequest] = []

    def counts(self) -> Counter[str]:
        """Return how many requests there were, by service and operation."""
        return Counter(f"{request.service} {request.operation}" for request in self.requests)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Have one request answered, and note it."""
        signed = _SERVICE.search(environ.get("HTTP_AUTHORIZATION", ""))
        service = signed[1] if signed else "unsigned"
        operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        if service == "s3vectors":
            operation = environ["PATH_INFO"].strip("/")
        sent = int(environ.get("CONTENT_LENGTH") or 0)

        def started(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            received = int(dict(headers).get("Content-Length", 0))
            name = operation or environ["REQUEST_METHOD"]
            self.requests.append(LoggedRequest(service, name, sent, received))
            return start_response(status, headers, *rest)

        return self._application(environ, started)

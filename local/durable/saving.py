"""A service of which nobody sees a change before it is kept."""

from collections.abc import Callable, Iterable
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING

from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Request

from local.durable.carried_out import CarriedOut

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class SavingService:
    """The WSGI application of one service, whose changes are saved before its answer goes out.

    It carries out one request at a time, so that what is saved last is what was done last, and
    reads wait for the write before them: what was read is never lost.
    """

    def __init__(self, application: "WSGIApplication", save: Callable[[CarriedOut], None]) -> None:
        self._application = application
        self._save = save
        self._one_at_a_time = Lock()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        # Before its turn: nobody waits for another's upload.
        body = Request(environ, populate_request=False).get_data(cache=False)
        environ["wsgi.input"] = BytesIO(body)
        with self._one_at_a_time:
            answer, status, headers = run_wsgi_app(self._application, environ, buffered=True)
            self._save(
                CarriedOut(
                    method=environ["REQUEST_METHOD"],
                    target=environ.get("HTTP_X_AMZ_TARGET", ""),
                    body=body,
                    succeeded=status.startswith("2"),
                )
            )
        start_response(status, headers.to_wsgi_list())
        return answer

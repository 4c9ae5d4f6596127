"""HTTP servers that a real `bedrock-runtime` client can talk to."""

import functools
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import orjson
from botocore.config import Config
from botocore.session import Session
from mypy_boto3_bedrock_runtime import BedrockRuntimeClient
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from embedding import bedrock_client_config

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REGION = "eu-central-1"


class _QuietRequestHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@contextmanager
def serving(application: "WSGIApplication") -> Iterator[str]:
    """Serve the application on a free port of this machine; yields its URL."""
    server = make_server(
        "127.0.0.1", 0, application, threaded=True, request_handler=_QuietRequestHandler
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# Each new session would read the service's description, of some megabytes, again.
_session = functools.cache(Session)


@contextmanager
def bedrock_client(url: str, config: Config | None = None) -> Iterator[BedrockRuntimeClient]:
    client = cast(
        "BedrockRuntimeClient",
        _session().create_client(
            "bedrock-runtime",
            region_name=REGION,
            endpoint_url=url,
            aws_access_key_id="id",
            aws_secret_access_key="secret",  # noqa: S106 - nobody checks it
            config=config or bedrock_client_config(),
        ),
    )
    try:
        yield client
    finally:
        client.close()


def failure(status: int, code: str) -> Response:
    return Response(
        orjson.dumps({"message": f"{code} it is"}),
        status=status,
        headers={
            "x-amzn-ErrorType": f"{code}:http://internal.amazon.com/coral/com.amazon.bedrock/"
        },
        content_type="application/json",
    )


Answer = Response | Callable[[dict[str, Any]], Any]


class ScriptedBedrock:
    """Answers the first request with the first answer, and so on; the last answer is for the rest."""

    def __init__(self, *answers: Answer) -> None:
        self.requests: list[dict[str, Any]] = []
        self.model_ids: list[str] = []
        self._answers = deque(answers)
        self._lock = threading.Lock()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        request = Request(environ)
        body = orjson.loads(request.get_data())
        with self._lock:
            self.model_ids.append(request.path.removeprefix("/model/").removesuffix("/invoke"))
            self.requests.append(body)
            answer = self._answers.popleft() if len(self._answers) > 1 else self._answers[0]
        if not isinstance(answer, Response):
            answer = answer(body)
        if not isinstance(answer, Response):
            answer = Response(orjson.dumps(answer), content_type="application/json")
        return answer(environ, start_response)


def titan_answer(request: dict[str, Any]) -> dict[str, Any]:
    """The embedding of a text starts with its length."""
    embedding = [len(request["inputText"]), *[0.5] * (request["dimensions"] - 1)]
    return {"embedding": embedding, "inputTextTokenCount": 1}

"""A model that counts the texts it is paid for: in process, and as Bedrock answers."""

import json
import random
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Model:
    """Gives a text the same vector each time, in as few digits as models print."""

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self.embedded = 0

    def embed(self, text: str) -> list[float]:
        """Return a vector of about the length 1."""
        self.embedded += 1
        numbers, scale = random.Random(text), self.dimensions**-0.5  # noqa: S311
        return [round(numbers.gauss(0, scale), 9) for _ in range(self.dimensions)]

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer InvokeModel in Titan's shape."""
        asked = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        text = asked["inputText"]
        answer = {"embedding": self.embed(text), "inputTextTokenCount": len(text) // 4}
        body = json.dumps(answer).encode()
        start_response(
            "200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        )
        return [body]

"""A `bedrock-runtime` that embeds by hashing words: fast, and texts that share words are near."""

import hashlib
import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import orjson
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

BIAS = 0.01
"""In every component, so that a text without words is not all zeros."""


class HashingBedrock:
    """Answers InvokeModel in Titan's and Cohere's shapes, and Rerank; notes texts, refuses `poison`."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.calls = 0
        self.failure: tuple[str, int] | None = None

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        request = Request(environ)
        body = orjson.loads(request.get_data())
        answer = self._rerank if request.path == "/rerank" else self._answer
        return answer(body)(environ, start_response)

    def _rerank(self, body: dict[str, Any]) -> Response:
        """The more words of the question are in a text, the more relevant it is."""
        self.calls += 1
        if self.failure:
            return _error(*self.failure)
        question = set(_words(body["queries"][0]["textQuery"]["text"]))
        texts = [s["inlineDocumentSource"]["textDocument"]["text"] for s in body["sources"]]
        relevance = [len(question.intersection(_words(text))) / len(question) for text in texts]
        results = [{"index": i, "relevanceScore": score} for i, score in enumerate(relevance)]
        results.sort(key=lambda result: -result["relevanceScore"])
        return Response(orjson.dumps({"results": results}), content_type="application/json")

    def _answer(self, body: dict[str, Any]) -> Response:
        self.calls += 1
        if self.failure:
            return _error(*self.failure)
        texts = body["texts"] if "texts" in body else [body["inputText"]]
        self.texts += texts
        if any("poison" in text for text in texts):
            return _error("ValidationException", 400)
        dimensions = body.get("dimensions") or body.get("output_dimension") or 1024
        embeddings = [embed(text, dimensions) for text in texts]
        answer: dict[str, Any]
        if "texts" in body:
            answer = {"embeddings": {"float": embeddings}, "id": "1", "texts": texts}
        else:
            answer = {"embedding": embeddings[0], "inputTextTokenCount": len(texts[0]) // 4}
        return Response(orjson.dumps(answer), content_type="application/json")


def embed(text: str, dimensions: int) -> list[float]:
    """Return the unit vector of a text: one component a word."""
    vector = [BIAS] * dimensions
    for word in _words(text):
        digest = hashlib.blake2b(word.encode(), digest_size=4).digest()
        vector[int.from_bytes(digest, "big") % dimensions] += 1
    norm = math.sqrt(sum(x * x for x in vector))
    return [x / norm for x in vector]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _error(code: str, status: int) -> Response:
    return Response(
        orjson.dumps({"message": code}),
        status=status,
        headers={"x-amzn-errortype": code},
        content_type="application/json",
    )

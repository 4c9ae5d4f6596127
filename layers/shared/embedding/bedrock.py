"""Embeddings by Amazon Bedrock."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

import orjson

from aws_calls import as_they_come
from embedding.embedder import (
    Embedder,
    Embedding,
    EmbeddingModel,
    TokenCounter,
    at_any_time,
    uncounted,
)
from embedding.errors import EmbeddingAccessError, EmbeddingInputError, EmbeddingResponseError
from embedding.invocation import MAX_BODY_BYTES, MAX_CONCURRENCY, Response, invoke
from embedding.model_family import InputType
from embedding.model_uri import ModelUri

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

_MAX_TEXT_BYTES: Final = MAX_BODY_BYTES - 1_000  # the rest is for the parameters around the texts
_FLOAT32_MAX: Final = 3.4028234663852886e38
_FLOAT32_MIN: Final = 1.1754943508222875e-38
_BYTES_PER_TOKEN: Final = 4
"""Of texts whose tokens the service does not tell, for their count: English has 4.7 characters a token."""
_HARMLESS_TEXT: Final = "A text that every embedding model takes."


def embedder_for(
    uri: ModelUri | str, *, make_client: "Callable[[], BedrockRuntimeClient]"
) -> Embedder:
    """Return the embedder of the model that a setting names; sends nothing.

    What it makes is a botocore client of `bedrock-runtime`, which `bedrock_client_config` suits, when
    something is first embedded: not every question and document needs it.
    Raises ModelUriError, which quotes the setting and shows what is accepted.
    """
    if isinstance(uri, str):
        uri = ModelUri.parse(uri)
    return _BedrockEmbedder(uri, make_client)


class _BedrockEmbedder:
    """Texts go out in calls as large as the model takes, several calls at once."""

    def __init__(self, uri: ModelUri, make_client: "Callable[[], BedrockRuntimeClient]") -> None:
        self._uri = uri
        self._family = uri.family
        self._model = uri.model
        self._make_client = make_client

    @cached_property
    def _client(self) -> "BedrockRuntimeClient":
        # Not by several threads at once: a session is not safe for that.
        return self._make_client()

    @property
    def model(self) -> EmbeddingModel:
        return self._model

    def embed_documents(
        self,
        texts: Sequence[str],
        *,
        before_call: Callable[[], None] = at_any_time,
        counted: TokenCounter = uncounted,
    ) -> Iterator[tuple[int, Embedding]]:
        batches = list(self._batches(texts))
        if not batches:
            return
        client = self._client

        def embed(positions: range) -> list[Embedding]:
            before_call()
            return self._embed(client, texts, positions, "search_document", counted)

        calls = [partial(embed, positions) for positions in batches]
        for number, embeddings in as_they_come(
            calls, max_concurrency=MAX_CONCURRENCY, purpose="embedding"
        ):
            yield from zip(batches[number], embeddings, strict=True)

    def embed_query(self, text: str, *, counted: TokenCounter = uncounted) -> Embedding:
        [positions] = self._batches([text])
        [embedding] = self._embed(self._client, [text], positions, "search_query", counted)
        return embedding

    def _batches(self, texts: Sequence[str]) -> Iterator[range]:
        """Yield the positions of the texts of each call, all texts checked before the first one."""
        sizes = [self._checked_size(position, text) for position, text in enumerate(texts)]
        start = total = 0
        for position, size in enumerate(sizes):
            full = position - start == self._family.max_texts_per_call
            if full or total + size > _MAX_TEXT_BYTES:
                yield range(start, position)
                start, total = position, 0
            total += size
        if texts:
            yield range(start, len(texts))

    def _checked_size(self, position: int, text: str) -> int:
        """Return the text's bytes in a request."""
        if not text.strip():
            raise EmbeddingInputError([position], "blank: there is nothing to embed")
        limit = self._family.max_input_characters
        if limit is not None and len(text) > limit:
            raise EmbeddingInputError(
                [position],
                f"{len(text):,} characters, and {self._uri.foundation_model} takes {limit:,} at most",
            )
        try:
            size = len(orjson.dumps(text)) + 1  # the comma after it
        except orjson.JSONEncodeError as error:
            raise EmbeddingInputError([position], f"no valid Unicode: {error}") from error
        if size > _MAX_TEXT_BYTES:
            raise EmbeddingInputError(
                [position], f"{size:,} bytes, and a request takes {_MAX_TEXT_BYTES:,} at most"
            )
        return size

    def _embed(
        self,
        client: "BedrockRuntimeClient",
        texts: Sequence[str],
        positions: range,
        input_type: InputType,
        counted: TokenCounter,
    ) -> list[Embedding]:
        batch = texts[positions.start : positions.stop]
        try:
            response = self._invoke(client, batch, positions, input_type)
        except EmbeddingInputError as refusal:
            if self._refuses_any_text(client):
                raise EmbeddingAccessError(
                    f"every text is refused, not these alone; {refusal}"
                ) from refusal
            raise EmbeddingInputError(
                positions, f"{self._uri.foundation_model} refuses it as invalid, or too long"
            ) from refusal
        counted(response.tokens if response.tokens is not None else _estimated_tokens(batch))
        try:
            embeddings = self._family.embeddings(response.body)
        except (KeyError, TypeError) as error:
            raise self._response_error(positions, f"{_shape(response.body):.200}") from error
        return self._checked_embeddings(embeddings, positions)

    def _invoke(
        self,
        client: "BedrockRuntimeClient",
        texts: Sequence[str],
        positions: range,
        input_type: InputType,
    ) -> Response:
        request = self._family.request(texts, input_type, self._uri.dimensions)
        return invoke(client, self._uri.model_id, orjson.dumps(request), positions=positions)

    def _refuses_any_text(self, client: "BedrockRuntimeClient") -> bool:
        # The service has one error code, ValidationException, for a text that is too long, and for
        # a model that the region does not have or has only behind an inference profile.
        try:
            self._invoke(client, [_HARMLESS_TEXT], range(1), "search_document")
        except EmbeddingInputError:
            return True
        return False

    def _checked_embeddings(self, embeddings: Any, positions: range) -> list[Embedding]:
        if not isinstance(embeddings, list) or len(embeddings) != len(positions):
            count = len(embeddings) if isinstance(embeddings, list) else "no list of"
            raise self._response_error(positions, f"{count} embeddings for {len(positions)} texts")
        for position, embedding in zip(positions, embeddings, strict=True):
            if problem := _problem(embedding, self._uri.dimensions):
                raise self._response_error([position], problem)
        return embeddings

    def _response_error(self, positions: Sequence[int], what: str) -> EmbeddingResponseError:
        return EmbeddingResponseError(positions, f"{self._model.uri} answered with {what}")


def _shape(answer: Any) -> str:
    """Of an answer what may be logged, its fields and types: Cohere's models repeat the texts in theirs."""
    if not isinstance(answer, dict):
        return type(answer).__name__
    return "{" + ", ".join(f"{name}: {_shape(value)}" for name, value in answer.items()) + "}"


def _estimated_tokens(texts: Sequence[str]) -> int:
    return sum(len(text.encode()) for text in texts) // _BYTES_PER_TOKEN


def _problem(embedding: Any, dimensions: int) -> str | None:
    if not isinstance(embedding, list):
        return f"{type(embedding).__name__} for an embedding"
    if len(embedding) != dimensions:
        return f"{len(embedding)} dimensions instead of {dimensions}"
    try:
        norm = math.hypot(*embedding)
    except TypeError:
        return "an embedding that holds something else than numbers"
    if not _FLOAT32_MIN <= norm <= _FLOAT32_MAX:
        return f"an embedding of length {norm}: it must be finite and not zero in float32"
    return None

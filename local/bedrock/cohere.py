"""Cohere Embed v3 and v4, as far as MiniLM can stand in for them: texts in, floats out.

All input types have the same embedding, and of a long text the end is cut off, never the start.
Source: Amazon Bedrock User Guide, "Cohere Embed v3" and "Cohere Embed v4".
"""

import uuid
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from local.bedrock.errors import ValidationError
from local.bedrock.minilm import MiniLM, resized
from local.bedrock.request_body import RequestBody

MAX_TEXTS = 96
V3_DIMENSIONS = 1024
V3_MAX_CHARACTERS = 2_048
V3_MAX_TOKENS = 512
V4_MAX_TOKENS = 128_000

InputType = Literal["search_document", "search_query", "classification", "clustering"]
V3Text = Annotated[str, Field(max_length=V3_MAX_CHARACTERS)]


class V3Request(RequestBody):
    """The texts of a call to `cohere.embed-english-v3` or `cohere.embed-multilingual-v3`."""

    texts: list[V3Text] = Field(max_length=MAX_TEXTS)
    input_type: InputType
    truncate: Literal["NONE", "END"] = "NONE"
    embedding_types: list[Literal["float"]] | None = None


class V4Request(RequestBody):
    """The texts of a call to `cohere.embed-v4:0`."""

    texts: list[str] = Field(max_length=MAX_TEXTS)
    input_type: InputType
    truncate: Literal["NONE", "RIGHT"] = "NONE"
    embedding_types: list[Literal["float"]] | None = None
    output_dimension: Literal[256, 512, 1024, 1536] = 1536
    max_tokens: int = Field(default=V4_MAX_TOKENS, ge=1, le=V4_MAX_TOKENS)


def cohere_v3(body: bytes, minilm: MiniLM) -> dict[str, Any]:
    """Return the body of Cohere Embed v3's response."""
    request = V3Request.parse(body)
    if request.truncate == "NONE":
        _refuse_long_texts(request.texts, V3_MAX_TOKENS, minilm)
    return _response(request, V3_DIMENSIONS, minilm)


def cohere_v4(body: bytes, minilm: MiniLM) -> dict[str, Any]:
    """Return the body of Cohere Embed v4's response."""
    request = V4Request.parse(body)
    if request.truncate == "NONE":
        _refuse_long_texts(request.texts, request.max_tokens, minilm)
    return _response(request, request.output_dimension, minilm)


def _refuse_long_texts(texts: Sequence[str], max_tokens: int, minilm: MiniLM) -> None:
    for position, text in enumerate(texts):
        if (tokens := minilm.token_count(text)) > max_tokens:
            raise ValidationError(
                f"Input is too long for requested model: texts/{position} has {tokens} tokens, "
                f"the maximum is {max_tokens}"
            )


def _response(request: V3Request | V4Request, dimensions: int, minilm: MiniLM) -> dict[str, Any]:
    embeddings = resized(minilm.embed(request.texts), dimensions)
    by_type = request.embedding_types is not None
    return {
        "id": str(uuid.uuid4()),
        "response_type": "embeddings_by_type" if by_type else "embeddings_floats",
        "embeddings": {"float": embeddings} if by_type else embeddings,
        "texts": request.texts,
    }

"""Amazon Titan Text Embeddings V2, as far as MiniLM can stand in for it.

Source: Amazon Bedrock User Guide, "Amazon Titan Embeddings G1 - Text" (V2 request and response) and
"Amazon Titan Text Embeddings models" (limits).
"""

from typing import Any, Literal

from pydantic import Field

from local.bedrock.errors import ValidationError
from local.bedrock.minilm import MiniLM, resized
from local.bedrock.request_body import RequestBody

MAX_TOKENS = 8_192
MAX_CHARACTERS = 50_000


class TitanRequest(RequestBody):
    """A text to embed. Embeddings have length 1 whatever `normalize` says; binary ones are not made."""

    input_text: str = Field(alias="inputText", min_length=1, max_length=MAX_CHARACTERS)
    dimensions: Literal[256, 512, 1024] = 1024
    normalize: bool = True
    embedding_types: list[Literal["float"]] = Field(alias="embeddingTypes", default=["float"])


def titan_v2(body: bytes, minilm: MiniLM) -> dict[str, Any]:
    """Return the body of Titan's response; tokens are counted in MiniLM's word pieces."""
    request = TitanRequest.parse(body)
    tokens = minilm.token_count(request.input_text)
    if tokens > MAX_TOKENS:
        raise ValidationError(
            f"400 Bad Request: Too many input tokens. Max input tokens: {MAX_TOKENS}, "
            f"request input token count: {tokens}"
        )
    [embedding] = resized(minilm.embed([request.input_text]), request.dimensions)
    return {
        "embedding": embedding,
        "inputTextTokenCount": tokens,
        "embeddingsByType": {"float": embedding},
    }

"""Amazon Titan Text Embeddings V2.

Source: Amazon Bedrock User Guide, "Amazon Titan Text Embeddings models" (limits) and "Amazon Titan
Embeddings G1 - Text", V2 request and response (form).
"""

from collections.abc import Sequence
from typing import Any

from embedding.model_family import InputType, ModelFamily


def _request(texts: Sequence[str], _input_type: InputType, dimensions: int) -> dict[str, Any]:
    [text] = texts
    return {"inputText": text, "dimensions": dimensions, "normalize": True}


def _embeddings(response: Any) -> Any:
    return [response["embedding"]]


TITAN_V2 = ModelFamily(
    dimensions=(256, 512, 1024),
    max_input_tokens=8_192,
    max_input_characters=50_000,
    max_texts_per_call=1,
    request=_request,
    embeddings=_embeddings,
)

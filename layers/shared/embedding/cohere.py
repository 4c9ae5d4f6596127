"""Cohere Embed v3 and v4.

Source: Amazon Bedrock User Guide, "Cohere Embed v3" and "Cohere Embed v4".
"""

from collections.abc import Sequence
from typing import Any

from embedding.model_family import InputType, ModelFamily


def _v3_request(texts: Sequence[str], input_type: InputType, _dimensions: int) -> dict[str, Any]:
    return {"texts": texts, "input_type": input_type, "truncate": "END"}


def _v4_request(texts: Sequence[str], input_type: InputType, dimensions: int) -> dict[str, Any]:
    return {
        "texts": texts,
        "input_type": input_type,
        "embedding_types": ["float"],
        "output_dimension": dimensions,
        "truncate": "RIGHT",  # v3's END by another name
    }


def _embeddings(response: Any) -> Any:
    # A list, or one list for each embedding type: which, depends on model and request.
    embeddings = response["embeddings"]
    return embeddings["float"] if isinstance(embeddings, dict) else embeddings


COHERE_V3 = ModelFamily(
    dimensions=(1024,),
    max_input_tokens=512,
    max_input_characters=2_048,  # checked before `truncate` is heeded
    max_texts_per_call=96,
    request=_v3_request,
    embeddings=_embeddings,
)

COHERE_V4 = ModelFamily(
    dimensions=(256, 512, 1024, 1536),
    max_input_tokens=128_000,
    max_input_characters=None,
    max_texts_per_call=96,
    request=_v4_request,
    embeddings=_embeddings,
)

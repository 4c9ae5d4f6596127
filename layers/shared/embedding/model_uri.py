"""Embedding models by name: `bedrock://<model id>[?dimensions=<n>]`."""

import re
from typing import Final

from msgspec import Struct

from embedding.cohere import COHERE_V3, COHERE_V4
from embedding.embedder import EmbeddingModel
from embedding.errors import ModelUriError
from embedding.model_family import ModelFamily
from embedding.titan import TITAN_V2

SCHEME: Final = "bedrock://"
FORM: Final = f"{SCHEME}<model id>[?dimensions=<n>]"

FOUNDATION_MODELS: Final[dict[str, ModelFamily]] = {
    "amazon.titan-embed-text-v2:0": TITAN_V2,
    "cohere.embed-english-v3": COHERE_V3,
    "cohere.embed-multilingual-v3": COHERE_V3,
    "cohere.embed-v4:0": COHERE_V4,
}

_MODEL_ID = re.compile(
    r"(?:arn:aws(?:-[a-z]+)*:bedrock:[a-z0-9-]+:[0-9]*:(?:foundation-model|inference-profile)/)?"
    r"(?:[a-z]+(?:-[a-z]+)?\.)?"  # the geography of a cross-region profile: us., eu., global., us-gov.
    rf"({'|'.join(map(re.escape, FOUNDATION_MODELS))})"
)
_DIMENSIONS = re.compile(r"dimensions=([1-9][0-9]{0,4})")


class ModelUri(Struct, frozen=True):
    """An embedding model on Amazon Bedrock, as calls name it, and the dimensions asked of it.

    `model_id` is a foundation model's id, a cross-region inference profile's id (`us.cohere.embed-v4:0`),
    or the ARN of either. ARNs that hide their model (application inference profiles, provisioned
    throughput) are refused: nothing tells which requests the model understands.

    `parse` and `str` are inverse on the canonical form, which states the dimensions where the model
    offers a choice. Raises ModelUriError, which shows what would be right.
    """

    model_id: str
    dimensions: int

    def __post_init__(self) -> None:
        if self.dimensions not in self.family.dimensions:
            allowed = ", ".join(map(str, self.family.dimensions))
            raise ModelUriError(
                f"{SCHEME}{self.model_id}?dimensions={self.dimensions}",
                f"{self.model_id} has {allowed} dimensions, not {self.dimensions}",
            )

    @classmethod
    def parse(cls, text: str) -> "ModelUri":
        """Return the model that a setting names, with its default dimensions if none are given."""
        if not text.startswith(SCHEME):
            raise ModelUriError(text, f"expected {FORM}")
        model_id, question_mark, query = text.removeprefix(SCHEME).partition("?")
        family = FOUNDATION_MODELS[_foundation_model(model_id, uri=text)]
        if not question_mark:
            return cls(model_id, family.default_dimensions)
        match = _DIMENSIONS.fullmatch(query)
        if not match:
            raise ModelUriError(text, f"the only parameter is dimensions=<n>: expected {FORM}")
        return cls(model_id, int(match[1]))

    @property
    def family(self) -> ModelFamily:
        """The form of this model's requests and responses, and its limits."""
        return FOUNDATION_MODELS[self.foundation_model]

    @property
    def foundation_model(self) -> str:
        """The id of the model behind every id, profile and ARN that leads to it."""
        return _foundation_model(self.model_id, uri=self.model_id)

    @property
    def model(self) -> EmbeddingModel:
        """The model as its vectors depend on it."""
        return EmbeddingModel(
            uri=_canonical(self.foundation_model, self.family, self.dimensions),
            dimensions=self.dimensions,
            max_input_tokens=self.family.max_input_tokens,
            max_input_characters=self.family.max_input_characters,
        )

    def __str__(self) -> str:
        return _canonical(self.model_id, self.family, self.dimensions)


def _canonical(model_id: str, family: ModelFamily, dimensions: int) -> str:
    has_choice = len(family.dimensions) > 1
    return f"{SCHEME}{model_id}" + (f"?dimensions={dimensions}" if has_choice else "")


def _foundation_model(model_id: str, *, uri: str) -> str:
    match = _MODEL_ID.fullmatch(model_id)
    if not match:
        raise ModelUriError(
            uri,
            f"{model_id!r} is none of {', '.join(FOUNDATION_MODELS)}, nor a cross-region inference "
            f"profile or an ARN that names one of them; expected {FORM}",
        )
    return match[1]

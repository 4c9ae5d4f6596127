"""What differs between the embedding models of Amazon Bedrock."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from msgspec import Struct

InputType = Literal["search_document", "search_query"]
"""What an embedding is for, in Cohere's words; Titan embeds both alike."""


class ModelFamily(Struct, frozen=True):
    """Models that share the form of requests and responses, and the limits."""

    dimensions: tuple[int, ...]
    """What may be asked for; the last one is the model's default."""
    max_input_tokens: int
    max_input_characters: int | None
    max_texts_per_call: int
    request: Callable[[Sequence[str], InputType, int], dict[str, Any]]
    """Makes the body of an InvokeModel request from texts, their input type and the dimensions."""
    embeddings: Callable[[Any], Any]
    """Takes the list of embeddings out of the body of a response; raises KeyError or TypeError."""

    @property
    def default_dimensions(self) -> int:
        """The dimensions of an embedding when none are asked for."""
        return self.dimensions[-1]

"""What dropvec asks of an embedding model."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from msgspec import Struct

Embedding = Sequence[float]
"""One vector: float32 values, as many as the model's dimensions, finite and not all zero."""


class EmbeddingModel(Struct, frozen=True):
    """An embedding model as its vectors depend on it: two indexes with equal models are comparable."""

    uri: str
    """The foundation model in canonical form, e.g. `bedrock://cohere.embed-v4:0?dimensions=1536`;
    the inference profile that calls go through is no part of it: it changes no vector."""
    dimensions: int
    max_input_tokens: int
    """What the model reads of one text; Cohere's models cut off the rest, Titan refuses the text."""
    max_input_characters: int | None = None
    """A longer text is refused, whatever its tokens; None where only tokens count."""


TokenCounter = Callable[[int], None]
"""Told of the tokens of each call that was answered, by the thread that made it."""


def uncounted(_tokens: int) -> None:
    """Let tokens go by."""


def at_any_time() -> None:
    """Let every call be made."""


class Embedder(Protocol):
    """Turns texts into embeddings of one model.

    Both methods raise EmbeddingInputError for a blank or too long text, and the other errors of
    `embedding.errors` for what the model or the way to it answers.
    """

    @property
    def model(self) -> EmbeddingModel:
        """The model that all embeddings of this embedder come from."""
        ...

    def embed_documents(
        self,
        texts: Sequence[str],
        *,
        before_call: Callable[[], None] = at_any_time,
        counted: TokenCounter = uncounted,
    ) -> Iterator[tuple[int, Embedding]]:
        """Yield each text's position and its embedding, made for being found, as they come.

        An error is raised when all that came is yielded: what is paid for is not lost with what
        failed. `before_call` is called before each call of the model, by the thread that makes it,
        and may raise to have it not made.
        """
        ...

    def embed_query(self, text: str, *, counted: TokenCounter = uncounted) -> Embedding:
        """Return the embedding of a question, made for finding."""
        ...

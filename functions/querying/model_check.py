"""Whether an index holds what queries can be compared with."""

from collections.abc import Iterable

from vector_store.chunk_record import ChunkRecord
from vector_store.errors import IndexMismatchError


def check_model(chunks: Iterable[ChunkRecord], model: str, index_name: str) -> None:
    """Raise IndexMismatchError, naming both models, for a chunk that another model embedded.

    Dimensions do not tell models apart, and distances between embeddings of two models mean nothing.
    A chunk that does not say its model, as other programs' do not, is taken at trust.
    """
    for chunk in chunks:
        if chunk.model not in {"", model}:
            raise IndexMismatchError(
                f"index {index_name} holds embeddings of {chunk.model}, which those of {model} cannot be "
                "compared with: set that model, or another index prefix"
            )

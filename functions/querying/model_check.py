"""Whether an index holds what queries can be compared with."""

from collections.abc import Iterable

from vector_store import Match
from vector_store.chunk_record import embedding_model
from vector_store.errors import IndexMismatchError


def check_model(matches: Iterable[Match], model: str, index_name: str) -> None:
    """Raise IndexMismatchError, naming both models, for a match that another model embedded.

    Dimensions do not tell models apart, and distances between embeddings of two models mean nothing.
    A match that does not say its model, as other programs' do not, is taken at trust.
    """
    for match in matches:
        found = embedding_model(match.metadata)
        if found not in {"", model}:
            raise IndexMismatchError(
                f"index {index_name} holds embeddings of {found}, which those of {model} cannot be "
                "compared with: set that model, or another index prefix"
            )

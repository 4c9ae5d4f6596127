"""What a document's chunks depend on besides the document."""

import hashlib
import json
from collections.abc import Mapping

from msgspec import Struct

from embedding import EmbeddingModel, ModelUri
from recipe.chunking_settings import ChunkingSettings

LAYOUT_VERSION = 4
"""Raised when chunks are made or stored in another way, so that documents are indexed again."""


class Recipe(Struct, frozen=True):
    """The settings that all chunks of a deployment are made by."""

    model: EmbeddingModel
    chunking: ChunkingSettings

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Recipe":
        """Return the recipe of EMBEDDING_MODEL, CHUNK_SIZE and CHUNK_OVERLAP (both in characters).

        Raises KeyError or ValueError, naming the variable, where one is missing or wrong.
        """
        default = ChunkingSettings()
        model = ModelUri.parse(environment["EMBEDDING_MODEL"]).model
        return cls(
            model,
            ChunkingSettings.for_model(
                model,
                size=_number(environment, "CHUNK_SIZE", default.size),
                overlap=_number(environment, "CHUNK_OVERLAP", default.overlap),
            ),
        )

    @property
    def digest(self) -> str:
        """16 hexadecimal digits, equal for two recipes that make the same chunks of every document."""
        canonical = json.dumps([LAYOUT_VERSION, self.chunking.digest, self.model.uri])
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"{name} is {text!r}: expected a whole number of characters")
    return int(text)

"""How documents are cut into chunks."""

import hashlib
import json

from msgspec import Struct
from msgspec.structs import asdict

from embedding import EmbeddingModel
from embedding.token_estimate import MAX_TOKENS_PER_CHARACTER, estimate_tokens

CHUNKING_VERSION = 1
"""Raised whenever the same document and settings would give other chunks than before."""

MAX_PREFIX_CHARACTERS = 300
"""Room for a title and a heading path in front of a chunk; a longer one loses its middle."""

MAX_PREFIX_TOKENS = 120
"""The same room, in tokens by estimate."""

MIN_SIZE = 100
MIN_MAX_TOKENS = 50
"""Below these a chunk is too small to mean anything."""


class ChunkingSettings(Struct, frozen=True, kw_only=True):
    """The limits that every chunk keeps; ValueError where they cannot be kept."""

    size: int = 1_000
    """The most characters a chunk has: about 250 tokens of English, one or two paragraphs."""
    overlap: int = 0
    """The most characters that a chunk repeats of the one before it.

    None by default: the heading path in front of each chunk gives it its context, while repeated
    text costs vectors, makes neighbours answer the same question twice, and lets an edit touch
    two chunks.
    """
    max_tokens: int = 8_000
    """The most tokens a chunk has, by estimate: what the embedding model reads, less a prefix."""

    def __post_init__(self) -> None:
        if self.size < MIN_SIZE:
            raise ValueError(f"chunk size is {self.size}: expected at least {MIN_SIZE} characters")
        if not 0 <= self.overlap <= self.size // 2:
            raise ValueError(
                f"chunk overlap is {self.overlap}: expected 0 to {self.size // 2} characters, "
                f"half the chunk size"
            )
        if self.max_tokens < MIN_MAX_TOKENS:
            raise ValueError(
                f"chunk max_tokens is {self.max_tokens}: expected at least {MIN_MAX_TOKENS}"
            )

    @classmethod
    def for_model(cls, model: EmbeddingModel, *, size: int, overlap: int) -> "ChunkingSettings":
        """Return settings by which the model reads each chunk, and the prefix in front of it, whole."""
        if model.max_input_characters:
            size = min(size, model.max_input_characters - MAX_PREFIX_CHARACTERS)
        return cls(
            size=size,
            overlap=min(overlap, size // 2),
            max_tokens=model.max_input_tokens - MAX_PREFIX_TOKENS,
        )

    @property
    def digest(self) -> str:
        """16 hexadecimal digits, equal for two settings that cut every document alike."""
        canonical = json.dumps([CHUNKING_VERSION, sorted(asdict(self).items())])
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    @property
    def room(self) -> int:
        """The most characters that a chunk has of its own, beside what it repeats."""
        return self.size - self.overlap

    @property
    def counts_tokens(self) -> bool:
        """Whether a chunk of `size` characters could have more than `max_tokens`."""
        return self.size * MAX_TOKENS_PER_CHARACTER > self.max_tokens

    def fits(self, text: str) -> bool:
        """Whether `text` may be in one chunk."""
        return len(text) <= self.room and (
            not self.counts_tokens or estimate_tokens(text) <= self.max_tokens
        )

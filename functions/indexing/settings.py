"""What the indexing function is set up with: its environment, read once."""

from collections.abc import Mapping
from dataclasses import dataclass

from embedding import EmbeddingModel
from indexing.chunking import ChunkingSettings
from indexing.passages import MAX_PREFIX_CHARACTERS, MAX_PREFIX_TOKENS
from vector_store import ConnectionString


@dataclass(frozen=True, slots=True)
class IndexingSettings:
    """The indexing function's settings, each from the variable that `from_environment` names."""

    connection: ConnectionString
    embedding_model: str
    documents_bucket: str
    catalog_table: str
    queue_url: str
    chunk_size: int
    chunk_overlap: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "IndexingSettings":
        """Return the settings; KeyError or ValueError, naming the variable, where one is wrong."""
        return cls(
            connection=ConnectionString.parse(environment["VECTOR_STORE"]),
            embedding_model=environment["EMBEDDING_MODEL"],
            documents_bucket=environment["DOCUMENTS_BUCKET"],
            catalog_table=environment["CATALOG_TABLE"],
            queue_url=environment.get("INDEXING_QUEUE_URL", ""),
            chunk_size=_number(environment, "CHUNK_SIZE", ChunkingSettings().size),
            chunk_overlap=_number(environment, "CHUNK_OVERLAP", ChunkingSettings().overlap),
        )

    def chunking(self, model: EmbeddingModel) -> ChunkingSettings:
        """Return how documents are cut, so that the model reads each chunk and its prefix whole."""
        size = self.chunk_size
        if model.max_input_characters:
            size = min(size, model.max_input_characters - MAX_PREFIX_CHARACTERS)
        return ChunkingSettings(
            size=size,
            overlap=min(self.chunk_overlap, size // 2),
            max_tokens=model.max_input_tokens - MAX_PREFIX_TOKENS,
        )


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"{name} is {text!r}: expected a whole number of characters")
    return int(text)

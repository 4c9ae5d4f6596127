"""Embeddings of texts, by the models of Amazon Bedrock."""

from embedding.bedrock import embedder_for
from embedding.embedder import (
    Embedder,
    Embedding,
    EmbeddingModel,
    TokenCounter,
    at_any_time,
    uncounted,
)
from embedding.errors import (
    EmbeddingAccessError,
    EmbeddingError,
    EmbeddingInputError,
    EmbeddingResponseError,
    EmbeddingUnavailableError,
    ModelUriError,
)
from embedding.invocation import LONGEST_CALL_SECONDS, bedrock_client, bedrock_client_config
from embedding.model_uri import ModelUri

__all__ = [
    "LONGEST_CALL_SECONDS",
    "Embedder",
    "Embedding",
    "EmbeddingAccessError",
    "EmbeddingError",
    "EmbeddingInputError",
    "EmbeddingModel",
    "EmbeddingResponseError",
    "EmbeddingUnavailableError",
    "ModelUri",
    "ModelUriError",
    "TokenCounter",
    "at_any_time",
    "bedrock_client",
    "bedrock_client_config",
    "embedder_for",
    "uncounted",
]

"""Amazon Bedrock on this machine: embeddings (InvokeModel) and Rerank, answered by all-MiniLM-L6-v2."""

from local.bedrock.minilm import MiniLM
from local.bedrock.runtime import application

__all__ = ["MiniLM", "application"]

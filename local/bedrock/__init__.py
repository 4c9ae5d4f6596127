"""Amazon Bedrock's embedding models on this machine: InvokeModel, answered by all-MiniLM-L6-v2."""

from local.bedrock.minilm import MiniLM
from local.bedrock.runtime import application

__all__ = ["MiniLM", "application"]

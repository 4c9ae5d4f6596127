"""Passages put in another order by a model that reads each together with the question."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, cast

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from msgspec.structs import replace

from querying.errors import RerankingError
from querying.search import Hit

if TYPE_CHECKING:
    from botocore.session import Session
    from mypy_boto3_bedrock_agent_runtime import AgentsforBedrockRuntimeClient

MAX_RERANKED = 100
"""The best passages of a search, which are read; Bedrock bills them as one query."""

MAX_TEXT_CHARACTERS = 32_000
"""What Rerank takes of a text."""

NO_RERANKER = "this deployment has no reranking model"


class Reranker(Protocol):
    """A model that judges how well texts answer a question."""

    def relevance(self, query: str, texts: Sequence[str]) -> list[float]:
        """Return a number for each text, 0 to 1; raises RerankingError, whatever the reason."""
        ...


def reranked(reranker: Reranker | None, query: str, hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits, those first that the model calls most relevant; that is their score then.

    Raises RerankingError where there is no model, or no answer of it.
    """
    if reranker is None:
        raise RerankingError(NO_RERANKER)
    texts = [hit.chunk.embedded_text for hit in hits]
    relevance = reranker.relevance(query, texts) if hits else []
    judged = [
        replace(hit, score=number, relevance=number)
        for hit, number in zip(hits, relevance, strict=True)
    ]
    return sorted(judged, key=lambda hit: -hit.score)


def reranking_client(session: "Session") -> "AgentsforBedrockRuntimeClient":
    """Return a client with little patience: without it there is an answer too."""
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=2, read_timeout=5
    )
    client = session.create_client("bedrock-agent-runtime", config=config)
    return cast("AgentsforBedrockRuntimeClient", client)


class BedrockReranker:
    """Bedrock's Rerank API. What makes the client is passed in, as few questions need it."""

    def __init__(
        self, model_arn: str, make_client: "Callable[[], AgentsforBedrockRuntimeClient]"
    ) -> None:
        self._model_arn = model_arn
        self._make_client = make_client

    @cached_property
    def _client(self) -> "AgentsforBedrockRuntimeClient":
        return self._make_client()

    def relevance(self, query: str, texts: Sequence[str]) -> list[float]:
        """Return the model's score of each text; raises RerankingError."""
        try:
            pages = self._client.get_paginator("rerank").paginate(
                queries=[{"type": "TEXT", "textQuery": {"text": query[:MAX_TEXT_CHARACTERS]}}],
                sources=[
                    {
                        "type": "INLINE",
                        "inlineDocumentSource": {
                            "type": "TEXT",
                            "textDocument": {"text": text[:MAX_TEXT_CHARACTERS]},
                        },
                    }
                    for text in texts
                ],
                rerankingConfiguration={
                    "type": "BEDROCK_RERANKING_MODEL",
                    "bedrockRerankingConfiguration": {
                        "modelConfiguration": {"modelArn": self._model_arn},
                        "numberOfResults": len(texts),
                    },
                },
            )
            found = {r["index"]: r["relevanceScore"] for page in pages for r in page["results"]}
        except ClientError as error:
            raise RerankingError(error.response["Error"]["Code"]) from error
        except BotoCoreError as error:
            raise RerankingError(type(error).__name__) from error
        if found.keys() != set(range(len(texts))):
            raise RerankingError(f"an answer for {len(found)} of {len(texts)} passages")
        return [found[position] for position in range(len(texts))]

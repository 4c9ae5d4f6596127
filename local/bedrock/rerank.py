"""Rerank of `bedrock-agent-runtime`, as far as MiniLM can stand in for a reranking model.

It compares question and text by their embeddings, as a search by meaning does, where a reranking model
reads both together; so it can be asked, and does not improve anything. Source: botocore's model of the
service.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from local.bedrock.errors import ResourceNotFoundError
from local.bedrock.minilm import MiniLM
from local.bedrock.request_body import RequestBody

MODELS = ("amazon.rerank-v1:0", "cohere.rerank-v3-5:0")
MAX_SOURCES = 1_000

Text = Annotated[str, Field(min_length=1, max_length=32_000)]


class TextDocument(RequestBody):
    """A text."""

    text: Text


class Query(RequestBody):
    """The question."""

    type: Literal["TEXT"]
    text_query: TextDocument = Field(alias="textQuery")


class InlineDocument(RequestBody):
    """A text that is in the request."""

    type: Literal["TEXT"]
    text_document: TextDocument = Field(alias="textDocument")


class Source(RequestBody):
    """What is to be judged."""

    type: Literal["INLINE"]
    document: InlineDocument = Field(alias="inlineDocumentSource")


class ModelConfiguration(RequestBody):
    """The model."""

    model_arn: str = Field(alias="modelArn", min_length=1, max_length=2_048)


class BedrockConfiguration(RequestBody):
    """The model, and how many results are wanted."""

    model: ModelConfiguration = Field(alias="modelConfiguration")
    number_of_results: int | None = Field(
        alias="numberOfResults", default=None, ge=1, le=MAX_SOURCES
    )


class RerankingConfiguration(RequestBody):
    """How to judge."""

    type: Literal["BEDROCK_RERANKING_MODEL"]
    bedrock: BedrockConfiguration = Field(alias="bedrockRerankingConfiguration")


class RerankRequest(RequestBody):
    """A question, and the texts that may answer it."""

    queries: list[Query] = Field(min_length=1, max_length=1)
    sources: list[Source] = Field(min_length=1, max_length=MAX_SOURCES)
    configuration: RerankingConfiguration = Field(alias="rerankingConfiguration")


def rerank(body: bytes, minilm: MiniLM) -> dict[str, Any]:
    """Return the body of Rerank's response: the most relevant texts, by their places."""
    request = RerankRequest.parse(body)
    settings = request.configuration.bedrock
    if settings.model.model_arn.rpartition("/")[2] not in MODELS:
        raise ResourceNotFoundError(
            f"Could not resolve the model {settings.model.model_arn}: this endpoint has "
            f"{', '.join(MODELS)}"
        )
    texts = [source.document.text_document.text for source in request.sources]
    question, *answers = minilm.embed([request.queries[0].text_query.text, *texts])
    cosines = [max(0.0, float(question @ answer)) for answer in answers]
    order = sorted(range(len(texts)), key=lambda place: -cosines[place])
    wanted = order[: settings.number_of_results or len(texts)]
    return {"results": [{"index": i, "relevanceScore": cosines[i]} for i in wanted]}

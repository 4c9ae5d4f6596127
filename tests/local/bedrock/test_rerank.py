"""Rerank on this machine, by the client that functions use."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from botocore.exceptions import ClientError
from botocore.session import Session

from local.bedrock import application
from local.wsgi_server import WsgiServer
from querying.errors import RerankingError
from querying.reranking import BedrockReranker, reranking_client

ARN = "arn:aws:bedrock:us-east-1::foundation-model/{}"


@pytest.fixture(scope="module")
def client() -> Iterator[object]:
    session = Session()
    session.set_credentials("local", "local")
    session.set_config_variable("region", "us-east-1")
    with WsgiServer(application) as server, pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", server.url)
        with closing(reranking_client(session)) as client:
            yield client


@pytest.mark.parametrize("model", ["amazon.rerank-v1:0", "cohere.rerank-v3-5:0"])
def test_what_answers_the_question_is_more_relevant_than_what_does_not(client, model):
    texts = ["The bakery opens at six.", "Shut the roof above sixteen metres a second of wind."]

    reranker = BedrockReranker(ARN.format(model), lambda: client)
    other, answer = reranker.relevance("When must the dome be closed in a storm?", texts)

    assert 0 <= other < answer <= 1


def test_another_model_is_not_found(client):
    with pytest.raises(RerankingError, match="ResourceNotFoundException"):
        BedrockReranker(ARN.format("amazon.titan"), lambda: client).relevance("x", ["y"])


def test_a_request_that_breaks_the_schema_is_invalid(client):
    with pytest.raises(ClientError, match="queries/0/type"):
        client.rerank(
            queries=[{"type": "SPEECH", "textQuery": {"text": "x"}}],
            sources=[
                {
                    "type": "INLINE",
                    "inlineDocumentSource": {"type": "TEXT", "textDocument": {"text": "x"}},
                }
            ],
            rerankingConfiguration={
                "type": "BEDROCK_RERANKING_MODEL",
                "bedrockRerankingConfiguration": {
                    "modelConfiguration": {"modelArn": ARN.format("amazon.rerank-v1:0")}
                },
            },
        )

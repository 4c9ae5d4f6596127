from typing import Any

import numpy as np
import orjson
import pytest
from botocore.exceptions import ClientError
from mypy_boto3_bedrock_runtime import BedrockRuntimeClient
from werkzeug.test import Client

from local.bedrock import MiniLM, application

TITAN = "amazon.titan-embed-text-v2:0"
COHERE_V3 = "cohere.embed-english-v3"
COHERE_V4 = "cohere.embed-v4:0"
DOCUMENT = {"input_type": "search_document"}


def invoke(client: BedrockRuntimeClient, model_id: str, request: Any) -> Any:
    body = request if isinstance(request, bytes) else orjson.dumps(request)
    return orjson.loads(client.invoke_model(modelId=model_id, body=body)["body"].read())


def test_titan_answers_with_an_embedding_and_the_tokens_of_its_text(
    client: BedrockRuntimeClient,
) -> None:
    answer = invoke(client, TITAN, {"inputText": "hello world"})

    assert answer.keys() == {"embedding", "inputTextTokenCount", "embeddingsByType"}
    assert len(answer["embedding"]) == 1024
    assert answer["embeddingsByType"] == {"float": answer["embedding"]}
    assert answer["inputTextTokenCount"] == 4
    assert np.array_equal(
        np.array(answer["embedding"][:384], np.float32), MiniLM().embed(["hello world"])[0]
    )


@pytest.mark.parametrize("dimensions", [256, 512, 1024])
def test_titan_answers_with_the_dimensions_asked_for(
    client: BedrockRuntimeClient, dimensions: int
) -> None:
    answer = invoke(client, TITAN, {"inputText": "text", "dimensions": dimensions})

    assert len(answer["embedding"]) == dimensions
    assert np.linalg.norm(answer["embedding"]) == pytest.approx(1)


@pytest.mark.parametrize("model_id", [COHERE_V3, "cohere.embed-multilingual-v3"])
def test_cohere_v3_answers_with_a_list_of_embeddings(
    client: BedrockRuntimeClient, model_id: str
) -> None:
    answer = invoke(client, model_id, {"texts": ["one", "two"], **DOCUMENT})

    assert answer.keys() == {"id", "response_type", "embeddings", "texts"}
    assert answer["response_type"] == "embeddings_floats"
    assert answer["texts"] == ["one", "two"]
    assert np.array(answer["embeddings"]).shape == (2, 1024)


@pytest.mark.parametrize("dimensions", [256, 512, 1024, 1536])
def test_cohere_v4_answers_with_embeddings_by_type_when_types_are_named(
    client: BedrockRuntimeClient, dimensions: int
) -> None:
    request = {"texts": ["one"], "embedding_types": ["float"], "output_dimension": dimensions}

    answer = invoke(client, COHERE_V4, {**request, **DOCUMENT})

    assert answer["response_type"] == "embeddings_by_type"
    assert np.array(answer["embeddings"]["float"]).shape == (1, dimensions)


@pytest.mark.parametrize(
    "model_id",
    [
        f"us.{COHERE_V4}",
        f"arn:aws:bedrock:us-east-1::foundation-model/{COHERE_V4}",
        f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.{COHERE_V4}",
    ],
)
def test_a_model_answers_by_its_profiles_and_arns_too(
    client: BedrockRuntimeClient, model_id: str
) -> None:
    answer = invoke(client, model_id, {"texts": ["one"], **DOCUMENT})

    assert len(answer["embeddings"][0]) == 1536


def test_a_text_that_is_too_long_is_cut_off_where_truncate_says_so(
    client: BedrockRuntimeClient,
) -> None:
    long, longer = "go " * 600, "go " * 650

    answer = invoke(client, COHERE_V3, {"texts": [long, longer], "truncate": "END", **DOCUMENT})

    assert answer["embeddings"][0] == answer["embeddings"][1]


@pytest.mark.parametrize(
    ("model_id", "request_body", "message"),
    [
        (TITAN, b"no JSON", "Malformed input request"),
        (TITAN, {}, "#/inputText"),
        (TITAN, {"inputText": ""}, "#/inputText"),
        (TITAN, {"inputText": 1}, "#/inputText"),
        (TITAN, {"inputText": "x" * 50_001}, "#/inputText"),
        (TITAN, {"inputText": "go " * 8_191}, "request input token count: 8193"),
        (TITAN, {"inputText": "x", "dimensions": 1536}, "#/dimensions"),
        (TITAN, {"inputText": "x", "dimensions": "256"}, "#/dimensions"),
        (TITAN, {"inputText": "x", "embeddingTypes": ["binary"]}, "#/embeddingTypes/0"),
        (TITAN, {"texts": ["x"], **DOCUMENT}, "#/input_type"),
        (COHERE_V3, {"inputText": "x"}, "#/inputText"),
        (COHERE_V3, {"texts": ["x"]}, "#/input_type"),
        (COHERE_V3, {"texts": ["x"], "input_type": "query"}, "#/input_type"),
        (COHERE_V3, {"texts": ["x"] * 97, **DOCUMENT}, "#/texts"),
        (COHERE_V3, {"texts": ["x", "x" * 2_049], **DOCUMENT}, "#/texts/1"),
        (COHERE_V3, {"texts": ["x", "go " * 511], **DOCUMENT}, "texts/1 has 513 tokens"),
        (COHERE_V3, {"texts": ["x"], "truncate": "RIGHT", **DOCUMENT}, "#/truncate"),
        (COHERE_V3, {"texts": ["x"], "output_dimension": 1024, **DOCUMENT}, "#/output_dimension"),
        (COHERE_V4, {"texts": ["x"] * 97, **DOCUMENT}, "#/texts"),
        (COHERE_V4, {"texts": ["x"], "truncate": "END", **DOCUMENT}, "#/truncate"),
        (COHERE_V4, {"texts": ["x"], "output_dimension": 384, **DOCUMENT}, "#/output_dimension"),
        (COHERE_V4, {"texts": ["go go go"], "max_tokens": 4, **DOCUMENT}, "the maximum is 4"),
        ("amazon.titan-embed-text-v1", {"inputText": "x"}, "model identifier is invalid"),
        (f"mars.{TITAN}", {"inputText": "x"}, "model identifier is invalid"),
    ],
)
def test_a_request_outside_the_documented_limits_is_a_validation_exception(
    client: BedrockRuntimeClient, model_id: str, request_body: Any, message: str
) -> None:
    with pytest.raises(client.exceptions.ValidationException, match=message) as error:
        invoke(client, model_id, request_body)

    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize(
    ("model_id", "request_body"),
    [
        (TITAN, {"inputText": "x" * 50_000}),
        (TITAN, {"inputText": "go " * 8_190}),
        (COHERE_V3, {"texts": ["x" * 2_048], **DOCUMENT}),
        (COHERE_V3, {"texts": ["go " * 510], **DOCUMENT}),
        (COHERE_V3, {"texts": [""] * 96, **DOCUMENT}),
        (COHERE_V4, {"texts": [], **DOCUMENT}),
    ],
)
def test_a_request_just_inside_the_documented_limits_is_answered(
    client: BedrockRuntimeClient, model_id: str, request_body: Any
) -> None:
    assert invoke(client, model_id, request_body)


def test_an_arn_of_nothing_is_not_found(client: BedrockRuntimeClient) -> None:
    arn = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456"

    with pytest.raises(client.exceptions.ResourceNotFoundException, match=arn):
        invoke(client, arn, {"inputText": "x"})


def test_other_operations_are_unknown(client: BedrockRuntimeClient) -> None:
    with pytest.raises(ClientError, match="UnknownOperationException"):
        client.converse(modelId=TITAN, messages=[{"role": "user", "content": [{"text": "Hi"}]}])

    assert Client(application).get(f"/model/{TITAN}/invoke").status_code == 404

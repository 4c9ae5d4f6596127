"""The embedder that Lambda runs, on the local endpoint."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

from embedding import EmbeddingInputError, ModelUri, embedder_for
from local.bedrock import MiniLM
from tests.embedding import embedded

URIS = [
    "bedrock://amazon.titan-embed-text-v2:0?dimensions=256",
    "bedrock://amazon.titan-embed-text-v2:0",
    "bedrock://cohere.embed-multilingual-v3",
    "bedrock://us.cohere.embed-v4:0",
]
LENGTHS = [40, 1, 30, 2, 20, 3, 10, 4, 40, 1]


@pytest.mark.parametrize("uri", URIS[1:3])
def test_texts_of_different_lengths_come_back_in_order(
    client: BedrockRuntimeClient, uri: str
) -> None:
    texts = [f"{number} " + "word " * length for number, length in enumerate(LENGTHS)]
    embedder = embedder_for(uri, make_client=lambda: client)

    embeddings = embedded(embedder, texts)

    assert embeddings == [embedder.embed_query(text) for text in texts]


@pytest.mark.parametrize("uri", URIS)
def test_any_text_has_an_embedding_of_the_models_dimensions_and_length_one(
    client: BedrockRuntimeClient, uri: str
) -> None:
    embedder = embedder_for(uri, make_client=lambda: client)

    @settings(max_examples=15, deadline=None)
    @given(st.lists(st.text(min_size=1, max_size=50).filter(str.strip), min_size=1, max_size=3))
    def check(texts: list[str]) -> None:
        embeddings = np.array(embedded(embedder, texts))

        assert embeddings.shape == (len(texts), ModelUri.parse(uri).dimensions)
        assert np.linalg.norm(embeddings, axis=1) == pytest.approx(np.ones(len(texts)), abs=1e-5)

    check()


def test_ten_thousand_characters_are_embedded(client: BedrockRuntimeClient) -> None:
    embedder = embedder_for("bedrock://amazon.titan-embed-text-v2:0", make_client=lambda: client)

    [english, emoji] = embedded(embedder, ["ten chars " * 1_000, "🎉🎉🎉🎉🎉🎉🎉🎉🎉 " * 1_000])

    assert len(english) == len(emoji) == 1024


def test_a_text_of_too_many_tokens_is_an_input_error(client: BedrockRuntimeClient) -> None:
    embedder = embedder_for("bedrock://amazon.titan-embed-text-v2:0", make_client=lambda: client)

    with pytest.raises(EmbeddingInputError, match="or too long") as error:
        embedded(embedder, ["short", "意" * 10_000])

    assert list(error.value.positions) == [1]
    assert "Max input tokens: 8192" in str(error.value.__cause__)


def test_embeddings_over_http_are_the_models_own(client: BedrockRuntimeClient) -> None:
    texts = ["one text", "and another"]

    embedder = embedder_for("bedrock://cohere.embed-english-v3", make_client=lambda: client)
    over_http = embedded(embedder, texts)

    assert np.array_equal(np.array(over_http, np.float32)[:, :384], MiniLM().embed(texts))

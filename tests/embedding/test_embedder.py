from collections.abc import Sequence
from io import BytesIO
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedding import Embedder, EmbeddingInputError, ModelUri, embedder_for
from tests.embedding import embedded
from tests.embedding.bedrock_server import ScriptedBedrock, bedrock_client, serving, titan_answer

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

TITAN = "bedrock://amazon.titan-embed-text-v2:0"
COHERE_V3 = "bedrock://cohere.embed-english-v3"
COHERE_V4 = "bedrock://us.cohere.embed-v4:0?dimensions=256"
TEXTS = st.lists(st.text(min_size=1, max_size=20).filter(str.strip), max_size=250)


class FakeClient:
    """A model whose embedding of a text starts with the text's number, which the text itself is."""

    def __init__(self, uri: str) -> None:
        self.meta = SimpleNamespace(region_name="eu-central-1")
        self.requests: list[dict[str, Any]] = []
        self.body_sizes: list[int] = []
        self._dimensions = ModelUri.parse(uri).dimensions

    def invoke_model(self, *, body: bytes, **_: str) -> dict[str, Any]:
        request = orjson.loads(body)
        self.requests.append(request)
        self.body_sizes.append(len(body))
        if "inputText" in request:
            answer: dict[str, Any] = {"embedding": self._embedding(request["inputText"])}
        else:
            answer = {"embeddings": [self._embedding(text) for text in request["texts"]]}
        return {"body": BytesIO(orjson.dumps(answer))}

    def _embedding(self, text: str) -> list[float]:
        return [float(text.split(maxsplit=1)[0]), *[0.5] * (self._dimensions - 1)]


def embedder_on(client: FakeClient, uri: str) -> Embedder:
    return embedder_for(uri, make_client=lambda: cast("BedrockRuntimeClient", client))


def numbered(texts: Sequence[str]) -> list[str]:
    return [f"{number} {text}" for number, text in enumerate(texts)]


@pytest.mark.parametrize("uri", [TITAN, COHERE_V3, COHERE_V4])
def test_any_texts_are_sent_once_and_each_has_its_embedding(uri: str) -> None:
    @settings(max_examples=50, deadline=None)
    @given(TEXTS.map(numbered))
    def check(texts: list[str]) -> None:
        client = FakeClient(uri)

        embeddings = embedded(embedder_on(client, uri), texts)

        calls = [r["texts"] if "texts" in r else [r["inputText"]] for r in client.requests]
        largest = 1 if uri == TITAN else 96
        assert [embedding[0] for embedding in embeddings] == list(range(len(texts)))
        assert sorted(text for call in calls for text in call) == sorted(texts)
        assert len(calls) == -(-len(texts) // largest)
        assert all(len(call) <= largest for call in calls)

    check()


def test_a_request_stays_below_the_services_longest_body() -> None:
    client = FakeClient(COHERE_V4)
    texts = numbered(["\n" * 3_000_000] * 10)

    embedded(embedder_on(client, COHERE_V4), texts)

    assert sorted(len(request["texts"]) for request in client.requests) == [
        2,
        4,
        4,
    ]  # of 6 MB each: a line break is two bytes in JSON
    assert max(client.body_sizes) <= 25_000_000


def test_no_texts_are_no_embeddings_no_call_and_no_client() -> None:
    embedder = embedder_for(TITAN, make_client=lambda: pytest.fail("a client for nothing"))

    assert embedded(embedder, []) == []


@pytest.mark.parametrize(
    ("uri", "text", "limit"),
    [
        (TITAN, "x" * 50_001, "50,000"),
        (COHERE_V3, "x" * 2_049, "2,048"),
        (COHERE_V4, "x" * 25_000_000, "bytes"),
        (TITAN, "", "blank"),
        (COHERE_V3, " \n\t\u3000", "blank"),
        (TITAN, "half a character: \ud83d", "no valid Unicode"),
    ],
)
def test_a_text_that_no_call_could_carry_is_named_before_any_call(
    uri: str, text: str, limit: str
) -> None:
    client = FakeClient(uri)

    with pytest.raises(EmbeddingInputError, match=limit) as error:
        embedded(embedder_on(client, uri), ["0", "1", text, "3"])

    assert list(error.value.positions) == [2]
    assert "text 2" in str(error.value)
    assert client.requests == []


@pytest.mark.parametrize(("uri", "characters"), [(TITAN, 50_000), (COHERE_V3, 2_048)])
def test_a_text_of_just_the_longest_size_is_sent(uri: str, characters: int) -> None:
    client = FakeClient(uri)

    assert len(embedded(embedder_on(client, uri), ["7 ".ljust(characters, "x")])) == 1


def test_titan_is_asked_for_a_normalised_embedding_of_one_text() -> None:
    client = FakeClient(TITAN)

    embedder_on(client, TITAN).embed_query("1 question")

    assert client.requests == [{"inputText": "1 question", "dimensions": 1024, "normalize": True}]


@pytest.mark.parametrize(
    ("uri", "parameters"),
    [
        (COHERE_V3, {"truncate": "END"}),
        (
            COHERE_V4,
            {"truncate": "RIGHT", "embedding_types": ["float"], "output_dimension": 256},
        ),
    ],
)
def test_cohere_is_told_what_the_texts_are_for(uri: str, parameters: dict[str, Any]) -> None:
    client = FakeClient(uri)
    embedder = embedder_on(client, uri)

    embedded(embedder, ["1 passage"])
    embedder.embed_query("2 question")

    assert client.requests == [
        {"texts": ["1 passage"], "input_type": "search_document", **parameters},
        {"texts": ["2 question"], "input_type": "search_query", **parameters},
    ]


def test_the_call_names_the_profile_and_the_embedder_the_model_behind_it() -> None:
    bedrock = ScriptedBedrock(titan_answer)
    profile = (
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.titan-embed-text-v2:0"
    )
    with serving(bedrock) as url, bedrock_client(url) as client:
        embedder = embedder_for(f"bedrock://{profile}?dimensions=256", make_client=lambda: client)

        [embedding] = embedded(embedder, ["four"])

    assert embedding[0] == 4
    assert bedrock.model_ids == [profile]
    assert embedder.model.uri == f"{TITAN}?dimensions=256"

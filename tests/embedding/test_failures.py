import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from botocore.session import Session
from werkzeug.wrappers import Response

from embedding import (
    EmbeddingAccessError,
    EmbeddingError,
    EmbeddingInputError,
    EmbeddingResponseError,
    EmbeddingUnavailableError,
    bedrock_client_config,
    embedder_for,
)
from embedding.invocation import MAX_CONCURRENCY
from tests.embedding import embedded
from tests.embedding.bedrock_server import (
    REGION,
    ScriptedBedrock,
    bedrock_client,
    failure,
    serving,
    titan_answer,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

TITAN = "bedrock://amazon.titan-embed-text-v2:0"
COHERE = "bedrock://cohere.embed-english-v3"
ONE_ATTEMPT = bedrock_client_config(attempts=1, read_timeout=0.2)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (429, "ThrottlingException"),
        (503, "ServiceUnavailableException"),
        (500, "InternalServerException"),
    ],
)
def test_a_passing_failure_is_retried_and_goes_unseen(status: int, code: str) -> None:
    bedrock = ScriptedBedrock(failure(status, code), titan_answer)
    with serving(bedrock) as url, bedrock_client(url) as client:
        embedding = embedder_for(TITAN, make_client=lambda: client).embed_query("four")

    assert embedding[0] == 4
    assert len(bedrock.requests) == 2


def test_a_lasting_outage_is_given_up_after_four_attempts() -> None:
    bedrock = ScriptedBedrock(failure(503, "ServiceUnavailableException"))
    with serving(bedrock) as url, bedrock_client(url) as client:
        embedder = embedder_for(TITAN, make_client=lambda: client)

        with pytest.raises(EmbeddingUnavailableError, match="ServiceUnavailableException it is"):
            embedder.embed_query("text")

    assert len(bedrock.requests) == 4


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "AccessDeniedException", EmbeddingAccessError),
        (404, "ResourceNotFoundException", EmbeddingAccessError),
        (403, "UnrecognizedClientException", EmbeddingAccessError),
        (403, "ExpiredTokenException", EmbeddingAccessError),
        (429, "ThrottlingException", EmbeddingUnavailableError),
        (429, "ModelNotReadyException", EmbeddingUnavailableError),
        (408, "ModelTimeoutException", EmbeddingUnavailableError),
        (424, "ModelErrorException", EmbeddingUnavailableError),
        (400, "ServiceQuotaExceededException", EmbeddingUnavailableError),
        (418, "SomethingNewException", EmbeddingUnavailableError),
    ],
)
def test_an_error_code_says_whether_to_wait_or_to_act(
    status: int, code: str, kind: type[EmbeddingError]
) -> None:
    bedrock = ScriptedBedrock(failure(status, code))
    with serving(bedrock) as url, bedrock_client(url, ONE_ATTEMPT) as client:
        embedder = embedder_for(TITAN, make_client=lambda: client)

        with pytest.raises(kind) as error:
            embedder.embed_query("text")

    assert f"amazon.titan-embed-text-v2:0 in {REGION}: {code}: {code} it is" in str(error.value)
    assert error.value.__cause__ is not None
    assert len(bedrock.requests) == 1


def test_a_refused_text_is_the_texts_fault_when_another_text_is_taken() -> None:
    bedrock = ScriptedBedrock(failure(400, "ValidationException"), titan_answer)
    with serving(bedrock) as url, bedrock_client(url) as client:
        embedder = embedder_for(TITAN, make_client=lambda: client)

        with pytest.raises(EmbeddingInputError, match=r"text 0: amazon.* refuses it") as error:
            embedded(embedder, ["refused"])

    assert "ValidationException" not in str(error.value)
    assert "ValidationException it is" in str(error.value.__cause__)
    assert list(error.value.positions) == [0]
    assert [request["inputText"] for request in bedrock.requests] == [
        "refused",
        "A text that every embedding model takes.",
    ]


def test_a_refused_batch_names_the_positions_of_its_texts() -> None:
    def refuse_four(request: dict[str, Any]) -> Any:
        if len(request["texts"]) == 4:
            return failure(400, "ValidationException")
        return {"embeddings": [[0.5] * 1024] * len(request["texts"])}

    with serving(ScriptedBedrock(refuse_four)) as url, bedrock_client(url) as client:
        embedder = embedder_for(COHERE, make_client=lambda: client)

        with pytest.raises(EmbeddingInputError, match="texts 96 to 99") as error:
            embedded(embedder, ["text"] * 100)

    assert list(error.value.positions) == [96, 97, 98, 99]


def test_what_the_other_calls_brought_is_yielded_before_a_failure_is_raised() -> None:
    bedrock = ScriptedBedrock(
        *[titan_answer] * 3, failure(503, "ServiceUnavailableException"), titan_answer
    )
    config, found = bedrock_client_config(attempts=1), []
    with serving(bedrock) as url, bedrock_client(url, config) as client:
        embedder = embedder_for(TITAN, make_client=lambda: client)

        with pytest.raises(EmbeddingUnavailableError):
            for position, _ in embedder.embed_documents(["text"] * 20):
                found.append(position)

    assert len(set(found)) == 19


def test_a_model_that_is_out_of_service_is_not_called_for_every_text() -> None:
    bedrock = ScriptedBedrock(failure(503, "ServiceUnavailableException"))
    with serving(bedrock) as url, bedrock_client(url, ONE_ATTEMPT) as client:
        embedder = embedder_for(TITAN, make_client=lambda: client)

        with pytest.raises(EmbeddingUnavailableError):
            embedded(embedder, ["text"] * 500)

    assert len(bedrock.requests) < 2 * MAX_CONCURRENCY


def test_a_model_that_refuses_every_text_is_no_texts_fault() -> None:
    bedrock = ScriptedBedrock(failure(400, "ValidationException"))
    with serving(bedrock) as url, bedrock_client(url) as client:
        embedder = embedder_for(TITAN, make_client=lambda: client)

        with pytest.raises(EmbeddingAccessError, match=f"every text is refused.*{REGION}"):
            embedder.embed_query("text")


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"[]", "answered with list"),
        (b"{}", "{}"),
        (b'{"embedding": 1}', "int for an embedding"),
        (orjson.dumps({"embedding": [0.5] * 1023}), "1023 dimensions instead of 1024"),
        (orjson.dumps({"embedding": [0.0] * 1024}), "length 0.0"),
        (orjson.dumps({"embedding": [1e-46] * 1024}), "not zero in float32"),
        (orjson.dumps({"embedding": [1e39] * 1024}), "finite"),
        (orjson.dumps({"embedding": [None] * 1024}), "something else than numbers"),
        (orjson.dumps({"embedding": ["0.5"] * 1024}), "something else than numbers"),
    ],
)
def test_an_answer_that_is_no_embedding_is_an_error_that_says_what_it_is(
    body: bytes, shown: str
) -> None:
    bedrock = ScriptedBedrock(Response(body, content_type="application/json"))
    with serving(bedrock) as url, bedrock_client(url) as client:
        embedder = embedder_for(TITAN, make_client=lambda: client)

        with pytest.raises(EmbeddingResponseError, match=shown) as error:
            embedded(embedder, ["text"])

    assert list(error.value.positions) == [0]


@pytest.mark.parametrize(
    ("embeddings", "shown"),
    [
        ([[0.5] * 1024], "1 embeddings for 2 texts"),
        ({"float": [[0.5] * 1024] * 3}, "3 embeddings for 2 texts"),
        ({"int8": [[1] * 1024] * 2}, "int8"),
        (None, "no list of embeddings for 2 texts"),
    ],
)
def test_an_answer_with_another_number_of_embeddings_is_refused(
    embeddings: Any, shown: str
) -> None:
    bedrock = ScriptedBedrock(lambda _: {"embeddings": embeddings})
    with serving(bedrock) as url, bedrock_client(url) as client:
        embedder = embedder_for(COHERE, make_client=lambda: client)

        with pytest.raises(EmbeddingResponseError, match=shown):
            embedded(embedder, ["one", "two"])


def test_both_forms_of_coheres_answer_are_read() -> None:
    vector = [0.5] * 1024
    bedrock = ScriptedBedrock(
        lambda _: {"embeddings": [vector], "response_type": "embeddings_floats"},
        lambda _: {"embeddings": {"float": [vector]}, "response_type": "embeddings_by_type"},
    )
    with serving(bedrock) as url, bedrock_client(url) as client:
        embedder = embedder_for(COHERE, make_client=lambda: client)

        assert embedder.embed_query("text") == embedder.embed_query("text") == vector


def test_a_model_that_does_not_answer_is_unavailable() -> None:
    test_is_over = threading.Event()

    def hang(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        test_is_over.wait(timeout=10)
        return Response("too late")(environ, start_response)

    assert_unavailable(hang, test_is_over)


@pytest.mark.parametrize("body", [b"", b'{"embedding": [0.5,', b"<html>"])
def test_an_answer_that_is_no_json_is_unavailable(body: bytes) -> None:
    assert_unavailable(Response(body))


def test_an_answer_that_breaks_off_is_unavailable() -> None:
    assert_unavailable(Response([b"{", b"}"], headers={"Content-Length": "1000"}))


def assert_unavailable(
    application: "WSGIApplication", test_is_over: threading.Event | None = None
) -> None:
    with serving(application) as url, bedrock_client(url, ONE_ATTEMPT) as client:
        embedder = embedder_for(TITAN, make_client=lambda: client)

        with pytest.raises(EmbeddingUnavailableError, match=REGION):
            embedder.embed_query("text")
        if test_is_over:
            test_is_over.set()


def test_an_endpoint_that_nobody_listens_at_is_unavailable() -> None:
    with serving(ScriptedBedrock(titan_answer)) as url:
        pass

    with bedrock_client(url, ONE_ATTEMPT) as client:
        embedder = embedder_for(TITAN, make_client=lambda: client)

        with pytest.raises(EmbeddingUnavailableError, match=url):
            embedder.embed_query("text")


def test_missing_credentials_are_for_an_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    client: Any = Session().create_client("bedrock-runtime", region_name=REGION)
    embedder = embedder_for(TITAN, make_client=lambda: client)

    with pytest.raises(EmbeddingAccessError, match="credentials"):
        embedder.embed_query("text")

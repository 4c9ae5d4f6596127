"""Matches in the order of a model that reads each together with the question."""

from contextlib import closing

import pytest

from local.wsgi_server import WsgiServer
from querying.errors import InvalidFieldError, RerankingError, SearchModeError
from querying.query_schema import QueryRequest
from querying.reranking import MAX_RERANKED, BedrockReranker, reranking_client
from tests.fakes.hashing_bedrock import HashingBedrock

MODEL_ARN = "arn:aws:bedrock:us-east-1::foundation-model/amazon.rerank-v1:0"


class ShortestFirst:
    """Calls the shortest text the most relevant."""

    def __init__(self):
        self.asked = []

    def relevance(self, query, texts):
        self.asked.append((query, list(texts)))
        return [1 / len(text) for text in texts]


class Failing:
    def relevance(self, *_):
        raise RerankingError("ThrottlingException")


@pytest.fixture
def library(shelf):
    shelf.put("wick wick wick trimmed at length", "a wick", "a wick of the lamp", "no match here")
    shelf.reranker = ShortestFirst()
    shelf.retriever = shelf.new_retriever(reranker=shelf.reranker)
    return shelf


def texts(answer):
    return [match["text"] for match in answer["matches"]]


def test_matches_are_in_the_models_order_where_that_is_asked_for(library):
    assert texts(library.ask("wick", mode="text"))[0].startswith("wick wick wick")

    answer = library.ask("wick", mode="text", rerank=True)

    assert texts(answer) == ["a wick", "a wick of the lamp", "wick wick wick trimmed at length"]
    for match in answer["matches"]:
        assert match["score"] == match["scores"]["relevance"] == 1 / len(match["text"])
        assert match["scores"]["bm25"] > 0
    assert answer["notices"] == []


def test_the_model_is_not_asked_unless_told(library):
    answer = library.ask("wick")

    assert library.reranker.asked == []
    assert {match["scores"]["relevance"] for match in answer["matches"]} == {None}


def test_the_best_100_are_read_and_top_k_of_them_answered(shelf):
    shelf.put(*(f"wick {n} {'x' * (n % 37)}" for n in range(150)))
    reranker = ShortestFirst()
    shelf.retriever = shelf.new_retriever(reranker=reranker)
    first = [m["text"] for m in shelf.ask("wick", mode="vector", top_k=100)["matches"]]

    answer = shelf.ask("wick", mode="vector", top_k=5, rerank=True)

    [(query, asked)] = reranker.asked
    assert (query, asked) == ("wick", first)
    assert len(asked) == MAX_RERANKED
    assert texts(answer) == sorted(first, key=len)[:5]
    assert answer["next_token"] is None


def test_a_min_score_is_of_the_models_scores(library):
    answer = library.ask("wick", rerank=True, min_score=0.1)

    assert texts(answer) == ["a wick"]


def test_documents_are_in_the_models_order_too(library):
    library.put("wick", document="other.txt")

    answer = library.ask("wick", rerank=True, group_by="document", top_k=1)

    assert [group["document"]["key"] for group in answer["documents"]] == ["other.txt"]


def test_no_matches_are_not_shown_to_the_model(library):
    assert library.ask("zebra", mode="text", rerank=True)["matches"] == []
    assert library.reranker.asked == []


@pytest.mark.parametrize(
    ("reranker", "why"),
    [(Failing(), "ThrottlingException"), (None, "this deployment has no reranking model")],
)
def test_without_the_models_answer_matches_are_as_found_and_the_answer_says_so(
    library, reranker, why
):
    library.retriever = library.new_retriever(reranker=reranker)

    answer = library.ask("wick", mode="text", rerank=True, top_k=2)

    assert answer["matches"] == library.ask("wick", mode="text", top_k=2)["matches"]
    (notice,) = answer["notices"]
    assert notice["code"] == "not_reranked"
    assert notice["detail"].endswith(why)


@pytest.mark.parametrize(
    ("reranker", "error"), [(Failing(), RerankingError), (None, SearchModeError)]
)
def test_a_min_score_is_not_held_against_other_scores_than_the_models(library, reranker, error):
    library.retriever = library.new_retriever(reranker=reranker)

    with pytest.raises(error):
        library.ask("wick", rerank=True, min_score=0.1)


def test_more_than_100_reranked_matches_cannot_be_asked_for():
    with pytest.raises(InvalidFieldError, match=r"^rerank: with it, top_k is at most 100"):
        QueryRequest(query="wick", rerank=True, top_k=101)


@pytest.fixture
def bedrock():
    return HashingBedrock()


@pytest.fixture
def rerank(session, bedrock, monkeypatch):
    with WsgiServer(bedrock) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_AGENT_RUNTIME", server.url)
        with closing(reranking_client(session)) as client:
            yield BedrockReranker(MODEL_ARN, lambda: client)


def test_bedrocks_scores_are_of_the_texts_in_their_order(rerank):
    assert rerank.relevance("trim the wick", ["no", "trim the wick", "the wick"]) == [
        0,
        1,
        pytest.approx(2 / 3),
    ]


def test_texts_are_cut_to_what_bedrock_takes(rerank):
    assert rerank.relevance("wick", ["wick " + 40_000 * "x"]) == [1]


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (("AccessDeniedException", 403), "AccessDeniedException"),
        (("ThrottlingException", 429), "ThrottlingException"),
        (("ValidationException", 400), "ValidationException"),
    ],
)
def test_a_refusal_of_bedrock_is_named(rerank, bedrock, failure, told):
    bedrock.failure = failure

    with pytest.raises(RerankingError, match=told):
        rerank.relevance("wick", ["wick"])


def test_an_endpoint_that_nobody_serves_is_a_failure_too(session, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_AGENT_RUNTIME", "http://127.0.0.1:1")
    with closing(reranking_client(session)) as client, pytest.raises(RerankingError):
        BedrockReranker(MODEL_ARN, lambda: client).relevance("wick", ["wick"])


def test_an_answer_that_leaves_texts_out_is_no_answer(rerank, bedrock, monkeypatch):
    whole = bedrock._rerank

    def half(body):
        response = whole(body)
        results = response.json["results"][:1]
        response.set_data(
            f'{{"results": [{{"index": {results[0]["index"]}, "relevanceScore": 1}}]}}'
        )
        return response

    monkeypatch.setattr(bedrock, "_rerank", half)

    with pytest.raises(RerankingError, match="an answer for 1 of 2 passages"):
        rerank.relevance("wick", ["wick", "lamp"])

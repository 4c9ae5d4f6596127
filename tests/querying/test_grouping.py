"""The best documents with their best passages."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from querying.answer_size import MAX_ANSWER_BYTES
from querying.errors import InvalidFieldError
from querying.grouping import MAX_CHUNKS, grouped
from querying.query_schema import QueryRequest
from querying.search import Hit, Page
from vector_store import Match
from vector_store.chunk_record import ChunkRecord


@pytest.fixture
def library(shelf):
    for name, wicks in (("one.txt", 2), ("three.txt", 1), ("none.txt", 0), ("two.txt", 5)):
        shelf.put(
            *(f"{'wick ' * min(n, wicks)}oil lamp {n} in {name}" for n in range(6)), document=name
        )
    shelf.ask("wick")
    shelf.operations()
    return shelf


def documents(shelf, query="wick", **request):
    return shelf.ask(query, group_by="document", **request)["documents"]


def test_documents_come_in_the_order_of_their_best_passage(library):
    found = documents(library, mode="text", top_k=3)

    best = [match["document"]["key"] for match in library.ask("wick", mode="text")["matches"]]
    assert [group["document"]["key"] for group in found] == list(dict.fromkeys(best))
    for group in found:
        scores = [match["score"] for match in group["matches"]]
        assert group["score"] == max(scores)
        assert scores == sorted(scores, reverse=True)
        assert {m["document"]["key"] for m in group["matches"]} == {group["document"]["key"]}


def test_each_document_comes_once_with_as_many_passages_as_asked_for(library):
    found = documents(library, top_k=10, passages=2)

    assert len(found) == len({group["document"]["key"] for group in found}) == 4
    assert {len(group["matches"]) for group in found} == {2}


def test_a_grouped_answer_has_no_matches_of_its_own_and_another_has_no_documents(library):
    assert library.ask("wick", group_by="document")["matches"] == []
    assert library.ask("wick")["documents"] == []


def test_top_k_counts_documents_and_one_request_finds_them(library):
    assert len(documents(library, top_k=2)) == 2
    assert library.operations() == ["QueryVectors"]


def test_pages_are_asked_for_until_there_are_documents_enough(shelf):
    shelf.put(*(f"wick wick {n}" for n in range(130)), document="long.txt")
    shelf.put(*(f"wick {n} and more words than the others" for n in range(110)), document="b.txt")
    shelf.put("a wick among very many other words that weigh less", document="short.txt")
    shelf.ask("wick")
    shelf.operations()

    assert len(documents(shelf, mode="text", top_k=1)) == 1
    assert shelf.operations() == ["QueryVectors"]
    found = documents(shelf, mode="text", top_k=3)
    assert {group["document"]["key"] for group in found} == {"long.txt", "b.txt", "short.txt"}
    assert shelf.operations() == 3 * ["QueryVectors"]


def test_no_more_than_1000_chunks_are_looked_through(shelf):
    shelf.put(*(f"wick wick {n}" for n in range(MAX_CHUNKS + 50)), document="long.txt")
    shelf.put("a wick among very many other words that weigh less", document="short.txt")
    shelf.ask("wick")
    shelf.operations()

    (found,) = documents(shelf, mode="text", top_k=2)

    assert found["document"]["key"] == "long.txt"
    assert shelf.operations() == 10 * ["QueryVectors"]


def test_documents_below_the_least_score_are_left_out(library):
    found = documents(library, mode="text")

    assert documents(library, mode="text", min_score=found[1]["score"]) == [
        {**group, "matches": [m for m in group["matches"] if m["score"] >= found[1]["score"]]}
        for group in found[:2]
    ]


def test_passages_of_documents_come_with_context(library):
    (group, *_) = documents(library, context=1)

    assert all(len(match["context"]["chunk_ids"]) >= 2 for match in group["matches"])


def test_a_long_filter_is_grouped_too(library):
    keys = [f"x{n}" for n in range(150)]
    library.put("wick", document="x7.txt", name="x7")

    found = documents(library, mode="text", filter={"name": {"$in": keys}})

    assert [group["document"]["key"] for group in found] == ["x7.txt"]


def test_a_page_of_documents_ends_before_the_answer_grows_too_large(shelf):
    for n in range(40):
        shelf.put(*(f"wick {chr(1) * 8_000}{m}" for m in range(3)), document=f"{n}.txt")
    request = {"group_by": "document", "top_k": 40, "mode": "text"}

    answers = [shelf.ask("wick", **request)]
    while answers[-1]["next_token"]:
        answers.append(shelf.ask("wick", **request, next_token=answers[-1]["next_token"]))

    keys = [group["document"]["key"] for answer in answers for group in answer["documents"]]
    assert len(answers) > 1
    assert len(set(keys)) == len(keys) == 40
    for answer in answers:
        assert len(json.dumps(json.dumps(answer))) < MAX_ANSWER_BYTES + 10_000


def test_a_document_has_no_more_passages_than_an_answer_can_hold(shelf):
    shelf.put(*(f"wick {n} {chr(1) * 30_000}" for n in range(10)))

    answer = shelf.ask("wick", group_by="document", passages=10, context=3)

    (group,) = answer["documents"]
    assert 0 < len(group["matches"]) < 10
    assert len(json.dumps(json.dumps(answer))) < MAX_ANSWER_BYTES + 10_000


def test_more_than_100_documents_cannot_be_asked_for():
    with pytest.raises(InvalidFieldError, match=r"^group_by: with it, top_k is at most 100"):
        QueryRequest(query="wick", group_by="document", top_k=101)


def test_a_question_with_context_needs_no_more_requests_for_documents_than_for_passages(shelf):
    for n in range(20):
        chunks = [f"wick {'w ' * m}{n}" if m % 3 == 1 else f"{m} of {n}" for m in range(15)]
        shelf.put(*chunks, document=f"{n}.txt")
    shelf.ask("wick")
    shelf.operations()

    shelf.ask("wick", mode="text", group_by="document", top_k=20, passages=5, context=1)

    assert shelf.operations() == ["QueryVectors", "GetVectors", "GetVectors"]


@pytest.mark.parametrize(("top_k", "passages"), [(100, 10), (11, 10), (51, 2), (100, 2)])
def test_more_passages_with_context_than_a_page_has_cannot_be_asked_for(top_k, passages):
    request = {"query": "wick", "group_by": "document", "top_k": top_k, "passages": passages}

    assert QueryRequest(**request)
    with pytest.raises(InvalidFieldError) as caught:
        QueryRequest(**request, context=1)

    assert caught.value.field == "context"
    assert caught.value.problem == (
        f"with it and group_by, top_k times passages is at most 100, not {top_k} times {passages}"
    )


def hit(document, number):
    chunk = ChunkRecord("x", document, document, number, 0, 1, "")
    return Hit(Match(f"{document}{number}", {}), chunk, -number)


@given(
    st.lists(st.lists(st.sampled_from("abcde"), max_size=6), min_size=1, max_size=4),
    st.integers(1, 6),
    st.integers(1, 3),
)
def test_any_grouping_holds_the_first_documents_and_the_first_passages_of_each(
    pages, wanted, passages
):
    numbered = iter(range(100))
    pages = [Page([hit(document, next(numbered)) for document in page]) for page in pages]

    groups = grouped(pages, documents=wanted, passages=passages)

    seen = [h for page in pages for h in page.hits]
    order = list(dict.fromkeys(h.chunk.uri for h in seen))[:wanted]
    assert [group.hits[0].chunk.uri for group in groups] == order
    for group in groups:
        of_document = [h for h in seen if h.chunk.uri == group.hits[0].chunk.uri]
        assert group.hits == of_document[: len(group.hits)]
        assert len(group.hits) <= passages
        assert group.score == of_document[0].score

"""More matches than one page holds, and tokens that lead nowhere else."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.s3vectors import Fault
from querying.answer_size import MAX_ANSWER_BYTES, fitting, size
from querying.errors import FilterError, PageTokenError
from querying.page_tokens import LIFETIME_SECONDS, PageScope, PageTokens, Position
from querying.query_schema import QueryRequest
from tests.querying.conftest import TENANT, Clock, FixedKeys
from vector_store import TenantId

KEY, NEXT_KEY = b"a" * 32, b"b" * 32
REQUEST = QueryRequest(query="lamp", top_k=250, mode="hybrid", filter={"a": 1, "b": [2]})
SCOPE = PageScope.of("vectors/chunk-acme", "bedrock://model", REQUEST)
POSITION = Position("hybrid", "token of the index", 7)


@pytest.fixture
def library(shelf):
    shelf.put(*(f"lamp number {n} of many" for n in range(230)))
    return shelf


def pages(shelf, query="lamp", **request):
    answer = shelf.ask(query, **request)
    yield answer
    while answer["next_token"]:
        answer = shelf.ask(query, **request, next_token=answer["next_token"])
        yield answer


def keys(answers):
    return [match["chunk_id"] for answer in answers for match in answer["matches"]]


@pytest.mark.parametrize("mode", ["vector", "text", "hybrid"])
def test_pages_of_100_hold_each_match_once_in_the_order_of_scores(library, mode):
    answers = list(pages(library, mode=mode, top_k=220))

    assert [len(answer["matches"]) for answer in answers] == [100, 100, 20]
    assert len(set(keys(answers))) == 220
    scores = [match["score"] for answer in answers for match in answer["matches"]]
    assert scores == sorted(scores, reverse=True)


def test_a_page_is_one_request(library):
    first = library.ask("lamp", top_k=150)
    library.operations()

    library.ask("lamp", top_k=150, next_token=first["next_token"])

    assert library.operations() == ["QueryVectors"]


@pytest.mark.parametrize("top_k", [100, 10])
def test_what_fits_one_page_has_no_token(library, top_k):
    answer = library.ask("lamp", top_k=top_k)

    assert len(answer["matches"]) == top_k
    assert answer["next_token"] is None


def test_pages_go_on_as_they_began_when_the_index_gets_text_search(shelf):
    shelf.create_plain()
    shelf.put(*(f"lamp number {n}" for n in range(130)))
    first = shelf.ask("lamp", top_k=130)
    shelf.configure_text_search("add")
    shelf.clock.now += 600

    second = shelf.ask("lamp", top_k=130, next_token=first["next_token"])

    assert (first["mode"], second["mode"]) == ("vector", "vector")
    assert len(set(keys([first, second]))) == 130


def test_pages_go_on_as_they_began_in_a_container_that_knows_nothing_of_the_index(shelf):
    shelf.create_plain()
    shelf.put(*(f"lamp number {n}" for n in range(130)))
    first = shelf.ask("lamp", top_k=130)
    shelf.retriever = shelf.new_retriever()
    shelf.operations()

    second = shelf.ask("lamp", top_k=130, next_token=first["next_token"])

    assert second["mode"] == "vector"
    assert shelf.operations() == ["QueryVectors"]


def test_pages_end_where_scores_fall_below_the_least(shelf):
    shelf.put(*(f"lamp {'word ' * n}" for n in range(150)))
    scores = [m["score"] for page in pages(shelf, mode="text", top_k=150) for m in page["matches"]]
    assert scores[119] > scores[120]

    for count, requests in ((120, 2), (100, 2), (21, 1)):
        least = scores[count - 1]
        answers = list(pages(shelf, mode="text", top_k=150, min_score=least))
        found = [match["score"] for answer in answers for match in answer["matches"]]
        assert (found, len(answers)) == (scores[:count], requests)


def test_a_page_ends_before_the_answer_grows_too_large(shelf):
    texts = [f'lamp {n} "{chr(1) * 30_000}' for n in range(60)]
    shelf.put(*texts)

    answers = list(pages(shelf, top_k=60))

    assert len(answers) > 2
    assert len(set(keys(answers))) == len(keys(answers)) == 60
    for answer in answers:
        assert len(json.dumps(json.dumps(answer))) < MAX_ANSWER_BYTES + 10_000


def test_a_filter_asked_in_parts_has_one_page(library):
    with pytest.raises(FilterError, match="top_k may be 100"):
        library.ask("lamp", mode="text", top_k=101, filter={"a": {"$in": list(range(101))}})


def test_a_page_that_the_index_refuses_is_to_be_asked_from_the_start(library):
    def another_query(params, **_):
        changed = params["body"].replace(b'"topK":150', b'"topK":160')
        assert changed != params["body"]
        params["body"] = changed

    token = library.ask("lamp", top_k=150)["next_token"]
    library.operations()
    library.client.meta.events.register(
        "before-call.s3vectors.QueryVectors",
        another_query,
        unique_id="other query",
    )

    with pytest.raises(PageTokenError, match=r"^next_token: the index takes it no longer"):
        library.ask("lamp", top_k=150, next_token=token)

    assert library.operations() == ["QueryVectors"]
    library.client.meta.events.unregister(
        "before-call.s3vectors.QueryVectors", unique_id="other query"
    )


def test_a_failure_of_the_service_does_not_spoil_the_token(library):
    token = library.ask("lamp", top_k=150)["next_token"]
    library.service.faults.add(Fault("AccessDeniedException", operation="QueryVectors", times=1))
    with pytest.raises(Exception, match="AccessDenied"):
        library.ask("lamp", top_k=150, next_token=token)

    assert len(library.ask("lamp", top_k=150, next_token=token)["matches"]) == 50


OTHER = {
    "query": {"query": "oven"},
    "top_k": {"top_k": 160},
    "mode": {"mode": "vector"},
    "filter": {"filter": {"a": 1}},
}


@pytest.mark.parametrize("change", OTHER.values(), ids=OTHER)
def test_a_token_of_another_request_is_refused_before_anything_is_asked(library, change):
    token = library.ask("lamp", top_k=150, mode="text")["next_token"]
    library.operations()
    library.embedder.queries.clear()

    with pytest.raises(PageTokenError, match="it goes with the request that it answered"):
        library.ask(**{"query": "lamp", "top_k": 150, "mode": "text", **change}, next_token=token)

    assert library.operations() == library.embedder.queries == []


def test_a_token_of_another_tenant_is_refused(library):
    token = library.ask("lamp", top_k=150)["next_token"]
    library.service.call(
        "CreateIndex",
        {
            "vectorBucketName": "vectors",
            "indexName": "chunk-globex",
            "dataType": "float32",
            "dimension": 64,
            "distanceMetric": "cosine",
            "metadataConfiguration": {"nonFilterableMetadataKeys": ["value", "metadata"]},
        },
    )
    request = QueryRequest(query="lamp", top_k=150, next_token=token)

    with pytest.raises(PageTokenError, match="issued for another tenant or index"):
        library.retriever.query(TenantId("globex"), request)
    assert library.retriever.query(TENANT, request)["matches"]


def test_a_token_expires(library):
    token = library.ask("lamp", top_k=150)["next_token"]
    library.clock.now += LIFETIME_SECONDS

    with pytest.raises(PageTokenError, match="it has expired, 15 minutes after its page"):
        library.ask("lamp", top_k=150, next_token=token)


def tokens(*keys):
    return PageTokens(FixedKeys(list(keys)), clock=Clock())


def test_a_token_leads_back_to_its_position():
    assert tokens(KEY).read(SCOPE, tokens(KEY).issue(SCOPE, POSITION)) == POSITION


def test_a_token_of_the_key_before_is_valid_and_one_of_the_key_before_that_is_not():
    token = tokens(KEY).issue(SCOPE, POSITION)

    assert tokens(NEXT_KEY, KEY).read(SCOPE, token) == POSITION
    with pytest.raises(PageTokenError, match="was not issued here, or was changed"):
        tokens(b"c" * 32, NEXT_KEY).read(SCOPE, token)


def test_a_token_of_a_key_that_is_newer_than_those_known_is_valid():
    token = tokens(NEXT_KEY).issue(SCOPE, POSITION)

    class Behind:
        def current(self):
            return [KEY]

        def renewed(self):
            return [NEXT_KEY, KEY]

    assert PageTokens(Behind(), clock=Clock()).read(SCOPE, token) == POSITION


def test_the_order_of_a_requests_keys_makes_no_other_request():
    same = QueryRequest(filter={"b": [2], "a": 1}, mode="hybrid", top_k=250, query="lamp")

    assert PageScope.of("vectors/chunk-acme", "bedrock://model", same) == SCOPE


TOKEN = tokens(KEY).issue(SCOPE, POSITION)


@given(
    st.text(max_size=40)
    | st.binary(max_size=80).map(lambda raw: base64.urlsafe_b64encode(raw).decode())
    | st.tuples(st.integers(0, len(TOKEN) - 1), st.sampled_from("Aa0-_=é \n")).map(
        lambda change: TOKEN[: change[0]] + change[1] + TOKEN[change[0] + 1 :]
    )
    | st.integers(0, len(TOKEN) - 1).map(lambda end: TOKEN[:end])
)
def test_any_other_text_is_no_token(text):
    try:
        position = tokens(KEY).read(SCOPE, text)
    except PageTokenError:
        return
    # The last character of base64 has bits that mean nothing.
    assert position == POSITION
    assert text.rstrip("=")[:-1] == TOKEN[:-1]


@given(st.lists(st.text(max_size=30)), st.integers(0, 300))
def test_any_items_that_fit_are_kept_in_order_and_one_at_least(items, room):
    kept = fitting(items, room=room)

    assert kept == items[: len(kept)]
    assert len(kept) >= min(1, len(items))
    assert len(kept) < 2 or sum(map(size, kept)) <= room
    assert len(kept) == len(items) or sum(map(size, items[: len(kept) + 1])) > room

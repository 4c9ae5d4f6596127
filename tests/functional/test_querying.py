import json

import pytest

from tests.functional.conftest import SMALL_AND_BATCHED, forget_clients

TEXT = "The lighthouse keeper trims the wick at dusk and writes the weather into the log."


@pytest.fixture
def library(deployment):
    deployment.put("tenants/acme/lighthouse.txt", TEXT, Metadata={"shelf": "sea"})
    deployment.put("tenants/globex/lighthouse.txt", "Our lighthouse is a lamp for desks, in brass.")
    deployment.put(
        "tenants/acme/bread.md", "# Bread\n\n## Crust\n\nSteam in the oven makes a crust shine."
    )
    deployment.index_all()
    return deployment


def test_an_answer_says_where_its_passage_stands(library):
    match = library.matches("steam oven crust", "acme")[0]

    assert match["text"].endswith("Steam in the oven makes a crust shine.")
    assert match["document"] == {
        "uri": f"s3://{library.bucket}/tenants/acme/bread.md",
        "key": "tenants/acme/bread.md",
        "title": "Bread",
        "content_type": "text/markdown",
    }
    assert match["location"]["ordinal"] == 0
    assert match["location"]["headings"] == ["Crust"]
    assert match["location"]["page"] is None
    assert match["score"] == match["scores"]["fused"] > 0
    assert 0 <= match["distance"] <= 2


def test_a_document_without_title_is_called_by_its_file_name(library):
    match = library.matches("wick at dusk", "acme")[0]

    assert match["document"]["title"] == "lighthouse.txt"
    assert match["text"] == TEXT
    assert (match["location"]["start"], match["location"]["end"]) == (0, len(TEXT))


def test_an_answer_names_tenant_index_mode_and_model(library):
    _, answer, headers = library.ask({"query": "wick"}, "acme")

    assert {name: answer[name] for name in ("tenant_id", "index", "mode", "model")} == {
        "tenant_id": "acme",
        "index": "app1.chunk-acme",
        "mode": "hybrid",
        "model": "bedrock://amazon.titan-embed-text-v2:0?dimensions=1024",
    }
    assert headers["content-type"].startswith("application/json")


def test_a_tenant_never_sees_another_tenants_chunks(library):
    acme = library.matches("lighthouse", "acme", top_k=100)
    globex = library.matches("lighthouse", "globex", top_k=100)

    assert {match["document"]["key"].split("/")[1] for match in acme} == {"acme"}
    assert {match["document"]["key"].split("/")[1] for match in globex} == {"globex"}


def test_no_more_than_top_k_matches_come_nearest_first(library):
    matches = library.matches("lighthouse crust", "acme", top_k=2, mode="vector")

    assert len(matches) == 2
    assert matches[0]["distance"] <= matches[1]["distance"]


def test_a_match_comes_with_the_chunks_around_it(library):
    paragraphs = [f"Paragraph {n} of the almanac. " + "Some more words. " * 50 for n in range(3)]
    library.put("tenants/acme/almanac.txt", "\n\n".join(paragraphs))
    library.index_all()

    match = library.matches("paragraph 1 almanac", "acme", top_k=1, context=1)[0]

    assert match["context"]["text"].split() == " ".join(paragraphs).split()
    assert len(match["context"]["chunk_ids"]) == 3


def test_a_filter_selects_by_attribute(library):
    matches = library.matches("crust", "acme", filter={"shelf": "sea"})

    assert [match["document"]["key"] for match in matches] == ["tenants/acme/lighthouse.txt"]


def test_an_unknown_tenant_has_no_index(library):
    status, problem, headers = library.ask({"query": "wick"}, "nobody")

    assert status == 404
    assert headers["content-type"] == "application/problem+json"
    assert problem == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "this tenant has no indexed documents",
        "request_id": headers["x-request-id"],
    }


def test_a_stack_that_never_indexed_answers_the_same(deployment):
    status, problem, _ = deployment.ask({"query": "anything"})

    assert (status, problem["detail"]) == (404, "this tenant has no indexed documents")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"query": ""}, "query"),
        ({"query": "   "}, "query"),
        ({"query": 20_000 * "x"}, "query"),
        ({"query": 7}, "query"),
        ({}, "query"),
        ({"query": "x", "top_k": 0}, "top_k"),
        ({"query": "x", "top_k": 10_001}, "top_k"),
        ({"query": "x", "top_k": "ten"}, "top_k"),
        ({"query": "x", "mode": "fuzzy"}, "mode"),
        ({"query": "x", "mode": "fuzzy", "min_score": 1}, "mode"),
        ({"query": "x", "min_score": 1}, "min_score"),
        ({"query": "x", "top_k": 1.5}, "top_k"),
        ({"query": "x", "filter": "year"}, "filter"),
        ({"query": "x", "top_k": 101, "rerank": True}, "rerank"),
        ({"query": "x", "top_k": 101, "group_by": "document"}, "group_by"),
        ({"query": "x", "group_by": "page"}, "group_by"),
        ({"query": "x", "passages": 11}, "passages"),
        ({"query": "x", "context": 4}, "context"),
        ({"query": "x", "context": -1}, "context"),
        ({"query": "x", "next_token": ""}, "next_token"),
        ({"query": "x", "next_token": 9_000 * "x"}, "next_token"),
        ({"query": "x", "topK": 3}, "topK"),
        ([], "body"),
    ],
)
def test_an_invalid_request_is_422_and_names_the_field(library, body, field):
    status, problem, headers = library.ask(body, "acme")

    assert status == 422
    assert headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in problem["errors"]] == [field]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"query=wick"])
def test_a_body_that_is_not_json_is_400(library, body):
    status, problem, _ = library.ask(body, "acme")

    assert status == 400
    assert "not JSON" in problem["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"query": "\\ud800"}',
        b'{"query": "x", "filter": {"a": "\\udfff"}}',
        b'{"query": "x", "filter": {"\\ud800": 1}}',
        b'{"query": "x", "filter": {"a": NaN}}',
        b'{"query": "x", "filter": {"a": {"$gt": 1e999}}}',
        b'{"query": "x", "mode": "vector", "min_score": Infinity}',
        b'{"query": "x", "filter": ' + 500 * b'{"$and": [' + b"{}" + 500 * b"]}" + b"}",
    ],
)
def test_a_body_that_no_service_could_take_is_refused_before_any_is_asked(library, body):
    library.admin("DELETE", "calls")

    status, _, headers = library.ask(body, "acme")

    assert status in {400, 422}
    assert headers["content-type"] == "application/problem+json"
    assert library.admin("GET", "calls")["calls"] == []


def test_a_question_is_one_request_to_the_index_the_first_of_a_container_too(library):
    library.admin("DELETE", "calls")

    for request in ({}, {"mode": "text"}, {"filter": {"shelf": {"$ne": "sea"}}}, {"top_k": 100}):
        forget_clients()
        library.matches("wick", "acme", **request)

    calls = library.admin("GET", "calls")["calls"]
    assert [call["operation"] for call in calls] == 4 * ["QueryVectors"]


def test_a_bad_filter_is_400_and_names_the_path(library):
    status, problem, _ = library.ask({"query": "x", "filter": {"year": {"$gt": "2024"}}}, "acme")

    assert status == 400
    assert problem["detail"] == 'filter.year.$gt: expected a number, got "2024"'


@pytest.mark.parametrize("tenant", ["Bad_Name", "default_", "DEFAULT_", "a..b", 26 * "a", "%C3%A9"])
def test_a_bad_tenant_is_400(library, tenant):
    status, problem, _ = library.ask({"query": "x"}, path=f"/tenants/{tenant}/query")

    assert status == 400
    assert "tenant" in problem["detail"]


def test_a_body_beyond_the_limit_is_413(library):
    status, _, _ = library.ask(json.dumps({"query": "x", "y": 200_000 * "z"}).encode(), "acme")

    assert status == 413


def test_a_busy_model_is_503_and_says_when_to_come_back(library):
    library.bedrock.failure = ("ServiceUnavailableException", 503)

    status, problem, headers = library.ask({"query": "wick"}, "acme")

    assert status == 503
    assert int(headers["retry-after"]) > 0
    assert "503" not in problem["detail"]


def test_an_unforeseen_error_is_500_without_detail(library, monkeypatch):
    monkeypatch.setattr("querying.search.from_metadata", lambda _: 1 / 0)

    status, problem, _ = library.ask({"query": "wick"}, "acme")

    assert status == 500
    assert set(problem) == {"type", "title", "status", "request_id"}


def test_an_index_of_another_model_is_refused_and_the_log_names_both(library, caplog):
    asked = "bedrock://cohere.embed-english-v3"
    library.deploy(EmbeddingModel=asked)

    status, problem, _ = library.ask({"query": "wick"}, "acme")

    assert (status, problem["title"]) == (500, "Internal Server Error")
    assert "detail" not in problem
    [record] = [
        record for record in caplog.records if record.name == "querying" and record.exc_info
    ]
    reason = str(record.exc_info[1])
    assert "bedrock://amazon.titan-embed-text-v2:0?dimensions=1024" in reason
    assert asked in reason


def test_chunks_that_do_not_say_their_model_are_answered(library):
    """As graphrag-toolkit writes them."""
    (key, vector), *_ = library.stored("acme").items()
    details = {"source": {"sourceId": "aws::12345678:9abc"}, "chunk": {"chunkId": key}}
    library.vectors.put_vectors(
        vectorBucketName=library.store.bucket_name,
        indexName="app1.chunk-globex",
        vectors=[
            {
                "key": key,
                "data": vector["data"],
                "metadata": {"value": "Written elsewhere.", "metadata": json.dumps(details)},
            }
        ],
    )

    matches = library.matches("anything", "globex")

    assert "Written elsewhere." in [match["text"] for match in matches]


def test_more_than_100_matches_come_in_pages_whose_tokens_are_of_their_tenant(deployment):
    deployment.deploy(EmbeddingModel=SMALL_AND_BATCHED)
    for tenant in ("acme", "globex"):
        text = "\n\n".join(f"Lighthouse {n}. " + "Some more words. " * 50 for n in range(130))
        deployment.put(f"tenants/{tenant}/log.txt", text)
    deployment.index_all()
    request = {"query": "lighthouse", "top_k": 130}
    _, first, _ = deployment.ask(request, "acme")
    token = first["next_token"]

    _, second, _ = deployment.ask({**request, "next_token": token}, "acme")

    matches = first["matches"] + second["matches"]
    assert len({match["chunk_id"] for match in matches}) == len(matches) == 130
    assert second["next_token"] is None
    for tenant, told in (("globex", "for another tenant"), ("acme", "was not issued here")):
        wrong = token if tenant == "globex" else f"{'B' if token[0] == 'A' else 'A'}{token[1:]}"
        status, problem, _ = deployment.ask({**request, "next_token": wrong}, tenant)
        assert status == 400
        assert told in problem["detail"]

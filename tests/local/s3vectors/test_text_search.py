from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.s3vectors import S3VectorsService
from local.s3vectors.errors import ConflictError, ValidationError
from tests.local.s3vectors.calls import INDEX, create_index, keys_of, put, query, vector

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3vectors import S3VectorsClient

SEARCHABLE: dict[str, Any] = {
    "metadataConfiguration": {
        "nonFilterableMetadataKeys": ["value"],
        "textSearchConfigurations": [
            {"metadataKey": "value", "language": "en"},
            {"metadataKey": "title"},
        ],
    }
}


@pytest.fixture
def texts(service: S3VectorsService) -> S3VectorsService:
    create_index(service, **SEARCHABLE)
    put(
        service,
        vector("fox", 1, 0, value="The quick brown fox jumps", title="Fox", n=1),
        vector("dog", 0, 1, value="The lazy dog sleeps and foxes do not", title="Dog", n=2),
        vector("cat", -1, 0, value="A cat", n=1),
        vector("bare", 1, 1),
    )
    return service


def by_text(service: S3VectorsService, text: str, key: str = "value", **more: Any) -> Any:
    request = {"topK": 10, "queryTexts": [{"text": text, "metadataKey": key}], **more}
    return service.call("QueryVectors", {**INDEX, **request})


def test_a_text_query_returns_what_has_a_term_best_first(texts: S3VectorsService) -> None:
    assert keys_of(by_text(texts, "quick foxes")) == ["fox", "dog"]
    assert keys_of(by_text(texts, "dog", "title")) == ["dog"]
    assert keys_of(by_text(texts, "elephant")) == []
    assert by_text(texts, "cat") == {"vectors": [{"key": "cat"}], "distanceMetric": "cosine"}


def test_a_non_filterable_key_can_be_searched_and_the_filter_applies(
    texts: S3VectorsService,
) -> None:
    assert keys_of(by_text(texts, "fox", filter={"n": 2})) == ["dog"]
    assert keys_of(by_text(texts, "fox", filter={"n": 3})) == []
    both: dict[str, Any] = {"queryVector": {"float32": [0, 1]}, "filter": {"n": 1}}
    assert keys_of(by_text(texts, "fox dog", **both)) == ["fox", "cat"]


def test_writes_are_seen_by_the_next_text_query(texts: S3VectorsService) -> None:
    put(texts, vector("fox", 1, 0, value="Now a wolf"), vector("new", 1, 0, value="Another fox"))
    assert keys_of(by_text(texts, "fox")) == ["new", "dog"]

    texts.call("DeleteVectors", {**INDEX, "keys": ["new", "dog"]})
    assert keys_of(by_text(texts, "fox")) == []
    assert keys_of(by_text(texts, "wolf")) == ["fox"]


def test_scores_come_when_asked_and_never_with_a_vector_query(texts: S3VectorsService) -> None:
    (found,) = by_text(texts, "cat", returnScores=True, returnDistance=True)["vectors"]

    assert found.keys() == {"key", "scores"}
    assert found["scores"].keys() == {"bm25Scores"}
    assert [s["metadataKey"] for s in found["scores"]["bm25Scores"]] == ["value"]
    assert "scores" not in query(texts, 1, 0, returnScores=True)["vectors"][0]


def test_several_texts_add_up_and_each_score_is_told(texts: S3VectorsService) -> None:
    both = [{"text": "fox", "metadataKey": key} for key in ("value", "title")]
    request = {**INDEX, "topK": 10, "queryTexts": both, "returnScores": True}

    found = {v["key"]: v for v in texts.call("QueryVectors", request)["vectors"]}

    assert list(found) == ["fox", "dog"]
    keys = {k: [s["metadataKey"] for s in v["scores"]["bm25Scores"]] for k, v in found.items()}
    assert keys == {"fox": ["value", "title"], "dog": ["value"]}


def test_a_hybrid_query_fuses_the_reciprocals_of_the_places(texts: S3VectorsService) -> None:
    answer = query(
        texts,
        *(0, 1),
        queryTexts=[{"text": "foxes", "metadataKey": "value"}],
        returnScores=True,
    )

    fused = {v["key"]: v["scores"]["fused"] for v in answer["vectors"]}
    expected = {
        "dog": 1 / 61 + 1 / 62,  # nearest, and second of the texts: it is the longer one
        "fox": 1 / 61 + 1 / 63,
        "bare": 1 / 62,
        "cat": 1 / 64,
    }
    assert fused == pytest.approx(expected, rel=1e-6)
    assert list(fused) == sorted(expected, key=lambda key: -expected[key])
    first = answer["vectors"][0]
    assert first["distance"] == first["scores"]["vectorDistance"] == 0
    assert [s["metadataKey"] for s in first["scores"]["bm25Scores"]] == ["value"]
    assert answer["vectors"][-1]["scores"]["bm25Scores"] == []


def test_what_is_near_in_every_ranking_may_come_before_the_first_of_one(
    service: S3VectorsService,
) -> None:
    create_index(service, **SEARCHABLE)
    put(
        service,
        vector("nearest", 1, 0, title="cat"),
        vector("best-text", -1, 0, title="fox"),
        vector("second-in-both", 1, 1, title="fox and more"),
        *(vector(f"farther{i}", 1, i, title="cat") for i in range(2, 6)),
    )

    answer = by_text(service, "fox", "title", topK=1, queryVector={"float32": [1, 0]})

    assert keys_of(answer) == ["second-in-both"]


@given(
    top_k=st.integers(1, 150),
    words=st.lists(st.sampled_from(["a", "a b", "b b c", "c"]), min_size=101, max_size=130),
    hybrid=st.booleans(),
)
@settings(max_examples=30, deadline=None)
def test_any_ranking_is_the_same_in_pages(top_k: int, words: list[str], hybrid: bool) -> None:
    service = S3VectorsService()
    create_index(service, **SEARCHABLE)
    put(service, *(vector(f"{i}", 1, i, title=text) for i, text in enumerate(words)))
    more: dict[str, Any] = {"queryVector": {"float32": [0, 1]}} if hybrid else {}

    pages = [by_text(service, "a c", "title", topK=top_k, returnScores=True, **more)]
    while "nextToken" in pages[-1]:
        more["nextToken"] = pages[-1]["nextToken"]
        pages.append(by_text(service, "a c", "title", topK=top_k, returnScores=True, **more))

    found = [v for page in pages for v in page["vectors"]]
    matching = len(words) if hybrid else sum(text != "b b" for text in words)
    assert len({v["key"] for v in found}) == len(found) == min(top_k, matching)
    assert all(len(page["vectors"]) == 100 for page in pages[:-1])
    ranks = [v["scores"].get("fused") or v["scores"]["bm25Scores"][0]["score"] for v in found]
    assert ranks == sorted(ranks, reverse=True)


@pytest.mark.parametrize(
    "query_texts",
    [
        [],
        [{"text": "", "metadataKey": "value"}],
        [{"text": "x" * 1025, "metadataKey": "value"}],
        [{"text": "x", "metadataKey": "n"}],
        [{"text": "x", "metadataKey": "value"}, {"text": "y", "metadataKey": "value"}],
        [{"text": "x", "metadataKey": f"k{i}"} for i in range(11)],
        [{"text": "x"}],
    ],
)
def test_query_texts_outside_the_rules_are_refused(
    texts: S3VectorsService, query_texts: list[Any]
) -> None:
    with pytest.raises(ValidationError):
        texts.call("QueryVectors", {**INDEX, "topK": 1, "queryTexts": query_texts})


@pytest.fixture
def later() -> list[Callable[[], None]]:
    """What the service would do in the background, for the test to do."""
    return []


def add(service: S3VectorsService, *keys: str, language: str | None = None) -> None:
    entries = [{"metadataKey": key} | ({"language": language} if language else {}) for key in keys]
    request = {**INDEX, "add": {"textSearchConfigurations": entries}}
    service.call("UpdateMetadataConfiguration", request)


def delete(service: S3VectorsService, *keys: str) -> None:
    entries = [{"metadataKey": key} for key in keys]
    request = {**INDEX, "delete": {"textSearchConfigurations": entries}}
    service.call("UpdateMetadataConfiguration", request)


def statuses(service: S3VectorsService) -> dict[str, str]:
    index = service.call("GetIndex", INDEX)["index"]
    entries = index.get("metadataConfiguration", {}).get("textSearchConfigurations", [])
    return {entry["metadataKey"]: entry["status"] for entry in entries}


def test_an_added_key_is_building_until_the_earlier_texts_are_indexed(
    later: list[Callable[[], None]],
) -> None:
    service = S3VectorsService(background=later.append)
    create_index(service)
    put(service, *(vector(f"old{i}", 1, i, value="running fox") for i in range(150)))

    add(service, "value", language="en")
    assert statuses(service) == {"value": "BUILDING"}
    with pytest.raises(ValidationError, match="still building"):
        by_text(service, "fox")
    put(service, vector("new", 1, 0, value="run"), vector("old0", 1, 0, value="gone"))
    service.call("DeleteVectors", {**INDEX, "keys": ["old1"]})
    later.pop()()

    assert statuses(service) == {"value": "ACTIVE"}
    found = by_text(service, "runs", topK=10_000)
    assert keys_of(found)[0] == "new"
    token = {"nextToken": found["nextToken"]}
    rest = by_text(service, "runs", topK=10_000, **token)
    assert len(keys_of(found) + keys_of(rest)) == 149


def test_a_key_that_was_deleted_and_added_again_waits_for_its_own_building(
    later: list[Callable[[], None]],
) -> None:
    service = S3VectorsService(background=later.append)
    create_index(service)
    put(service, vector("a", 1, 0, value="fox"))

    add(service, "value")
    delete(service, "value")
    add(service, "value")
    later.pop(0)()
    assert statuses(service) == {"value": "BUILDING"}
    later.pop(0)()

    assert keys_of(by_text(service, "fox")) == ["a"]
    add(service, "title")
    service.call("DeleteIndex", INDEX)
    later.pop(0)()


def test_a_deleted_key_is_not_searchable_any_more(texts: S3VectorsService) -> None:
    delete(texts, "value")

    assert statuses(texts) == {"title": "ACTIVE"}
    with pytest.raises(ValidationError, match="not full-text searchable"):
        by_text(texts, "fox")


def test_in_the_background_an_added_key_becomes_active(client: S3VectorsClient) -> None:
    client.create_vector_bucket(vectorBucketName="wire-text")
    place: Any = {"vectorBucketName": "wire-text", "indexName": "chunk"}
    client.create_index(**place, dataType="float32", dimension=2, distanceMetric="cosine")
    client.put_vectors(
        **place,
        vectors=[{"key": "a", "data": {"float32": [1, 0]}, "metadata": {"value": "fox"}}],
    )
    untyped: Any = client  # its stubs are older than text search
    key = {"metadataKey": "value"}
    untyped.update_metadata_configuration(**place, add={"textSearchConfigurations": [key]})

    status = ""
    while status != "ACTIVE":
        index = untyped.get_index(**place)["index"]
        status = index["metadataConfiguration"]["textSearchConfigurations"][0]["status"]

    texts = [{"text": "Fox", **key}]
    answer = untyped.query_vectors(**place, topK=1, queryTexts=texts, returnScores=True)
    assert answer["vectors"][0]["scores"]["bm25Scores"][0]["metadataKey"] == "value"


def test_a_change_of_searchable_keys_outside_the_rules_is_refused(
    texts: S3VectorsService,
) -> None:
    call = "UpdateMetadataConfiguration"
    entry = {"textSearchConfigurations": [{"metadataKey": "title"}]}

    with pytest.raises(ValidationError, match="either add or delete"):
        texts.call(call, INDEX)
    with pytest.raises(ValidationError, match="either add or delete"):
        texts.call(call, {**INDEX, "add": entry, "delete": entry})
    with pytest.raises(ConflictError, match="title is already full-text searchable"):
        add(texts, "title")
    with pytest.raises(ValidationError, match="must be unique"):
        add(texts, "a", "a")
    with pytest.raises(ValidationError, match="at most 10 full-text searchable keys"):
        add(texts, *"abcdefghi")
    with pytest.raises(ValidationError, match="x is not full-text searchable"):
        delete(texts, "x")
    add(texts, *"abcdefgh")
    assert len(statuses(texts)) == 10

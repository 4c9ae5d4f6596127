"""Searching an index: by meaning, by words, by both, page by page."""

import copy
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from botocore.loaders import Loader
from botocore.session import Session

from local.s3vectors import LocalServer
from tests.vector_store.test_store import FITTING
from vector_store import TextLanguage, TextSearch, Vector, VectorStoreFactory, s3vectors_client
from vector_store.errors import RejectedRequestError, VectorLimitError

INDEX = {"vectorBucketName": "vectors", "indexName": "chunk"}
of_before_enhanced_mode = pytest.mark.parametrize(
    "service", [{"clock": lambda: datetime(2026, 9, 29, tzinfo=UTC)}], indirect=True
)

WICK = Vector("wick", [0.0, 1.0], {"value": "the keeper trims the wick", "kind": "sea"})
LAMP = Vector("lamp", [0.6, 0.8], {"value": "a lamp without words in common", "kind": "sea"})
OVEN = Vector("oven", [1.0, 0.0], {"value": "the wick of an oven", "kind": "land"})


def chunk_index(client, **settings):
    return VectorStoreFactory.for_vector_store(
        "s3vectors://vectors", client=client, **settings
    ).index("chunk")


@pytest.fixture
def index(client):
    index = chunk_index(client)
    index.put([WICK, LAMP, OVEN])
    return index


@pytest.fixture
def many(client):
    index = chunk_index(client)
    index.put(
        Vector(f"{n:03}", [1.0, n / 1000], {"value": f"lamp {n}", "n": n}) for n in range(250)
    )
    return index


def text_configurations(service):
    index = service.call("GetIndex", INDEX)["index"]
    return index["metadataConfiguration"].get("textSearchConfigurations")


def test_a_search_by_words_ranks_by_bm25_and_knows_no_distance(index):
    matches = index.query(text="wick oven", top_k=10)

    assert [match.key for match in matches] == ["oven", "wick"]
    assert matches[0].bm25 > matches[1].bm25 > 0
    assert {(match.distance, match.fused) for match in matches} == {(None, None)}


def test_a_search_by_both_fuses_the_rankings_and_says_what_each_found(index):
    matches = index.query([0.0, 1.0], text="wick", top_k=10)

    by_key = {match.key: match for match in matches}
    assert matches[0].key == "wick"
    assert [m.fused for m in matches] == sorted((m.fused for m in matches), reverse=True)
    assert by_key["lamp"].bm25 is None
    assert by_key["lamp"].distance == pytest.approx(0.2)
    assert by_key["oven"].bm25 > 0


def test_a_search_by_meaning_has_a_distance_alone(index):
    (match,) = index.query([0.0, 1.0], top_k=1)

    assert (match.key, match.distance, match.bm25, match.fused) == (
        *("wick", pytest.approx(0.0)),
        *(None, None),
    )


def test_all_searches_pass_the_filter(index):
    for embedding, text in (([0.0, 1.0], None), (None, "wick"), ([0.0, 1.0], "wick")):
        matches = index.query(embedding, text=text, top_k=10, filter={"kind": "land"})
        assert [match.key for match in matches] == ["oven"]


def test_more_than_100_matches_come_in_requests_of_100(many, service):
    service.calls.clear()

    matches = many.query([1.0, 0.0], top_k=230)

    assert [match.key for match in matches] == [f"{n:03}" for n in range(230)]
    assert len(service.calls.of("QueryVectors")) == 3


def test_pages_follow_each_other_without_gap_or_repetition(many):
    first = many.query_page([1.0, 0.0], text="lamp", top_k=150)
    second = many.query_page([1.0, 0.0], text="lamp", top_k=150, page_token=first.next_token)

    keys = [match.key for match in (*first.matches, *second.matches)]
    assert (len(first.matches), len(second.matches), len(set(keys))) == (100, 50, 150)
    assert second.next_token is None


def test_a_token_of_another_query_is_rejected(many):
    token = many.query_page([1.0, 0.0], top_k=150).next_token

    with pytest.raises(RejectedRequestError):
        many.query_page([1.0, 0.5], top_k=150, page_token=token)


@pytest.mark.parametrize("text", ["", 1_025 * "x"])
def test_a_text_over_the_limits_is_refused_before_anything_is_sent(index, service, text):
    service.calls.clear()

    with pytest.raises(VectorLimitError, match=r"1 to 1,024"):
        index.query(text=text, top_k=1)

    assert service.calls.of() == []


def test_an_index_is_created_for_the_language_that_its_texts_are_in(client, service):
    index = chunk_index(client, text_language=TextLanguage.ENGLISH)

    index.put([WICK])

    (configuration,) = text_configurations(service)
    assert configuration == {"metadataKey": "value", "language": "en", "status": "ACTIVE"}
    assert [match.key for match in index.query(text="trimming", top_k=1)] == ["wick"]


def test_the_languages_are_those_of_the_service(client):
    shape = client.meta.service_model.shape_for("LanguageCode")

    assert {language.value for language in TextLanguage} == {"standard", *shape.enum}


def refuse_languages(client):
    """Have the service know no language but the standard one."""

    def answer(params, **_):
        if b'"language"' not in params["body"]:
            return None
        error = {"Code": "ValidationException", "Message": "unknown language"}
        return SimpleNamespace(status_code=400), {"Error": error}

    client.meta.events.register("before-call.s3vectors.CreateIndex", answer)


def warnings(caplog):
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


def test_an_index_is_searched_in_the_standard_language_where_the_service_refuses_another(
    client, service, caplog
):
    refuse_languages(client)
    index = chunk_index(client, text_language=TextLanguage.DUTCH)

    index.put([WICK])

    (configuration,) = text_configurations(service)
    assert configuration == {"metadataKey": "value", "status": "ACTIVE"}
    (warning,) = warnings(caplog)
    assert warning == (
        "index chunk of vector bucket vectors: texts are searched by words in the language "
        "'standard', and not in 'nl', which S3 Vectors refused: unknown language"
    )


@of_before_enhanced_mode
@pytest.mark.parametrize(
    ("language", "refusals"), [(TextLanguage.STANDARD, 1), (TextLanguage.ENGLISH, 2)]
)
def test_an_index_is_created_without_text_search_where_the_service_refuses_it(
    client, service, caplog, language, refusals
):
    index = chunk_index(client, text_language=language)

    index.put([WICK])

    assert text_configurations(service) is None
    errors = [call.error for call in service.calls.of("CreateIndex")]
    assert errors == [*refusals * ["ValidationException"], None]
    assert index.inspect(2) is TextSearch.ABSENT
    (warning,) = warnings(caplog)
    assert "not at all (`dropvec index upgrade`), and not in" in warning


def test_nothing_is_logged_of_an_index_that_has_the_search_that_was_asked_for(client, caplog):
    chunk_index(client, text_language=TextLanguage.DUTCH).put([WICK])

    assert warnings(caplog) == []


@of_before_enhanced_mode
def test_a_filter_of_a_classic_index_still_sees_every_vector(client):
    index = chunk_index(client)
    near = [Vector(f"near {n}", [1.0, n / 1000], {"kind": "land"}) for n in range(20)]
    index.put([*near, Vector("far", [-1.0, 0.0], {"kind": "sea"})])

    (match,) = index.query([1.0, 0.0], top_k=1, filter={"kind": "sea"})

    assert match.key == "far"


class Waiting(list[Callable[[], None]]):
    """What the service would do in the background, not done."""

    __call__ = list.append


building = Waiting()


@pytest.mark.parametrize("service", [{"background": building}], indirect=True)
def test_an_index_whose_texts_are_still_being_read_cannot_be_searched_by_words_yet(client, service):
    service.call("CreateVectorBucket", {"vectorBucketName": "vectors"})
    service.call("CreateIndex", {**INDEX, **FITTING})
    added = {"textSearchConfigurations": [{"metadataKey": "value"}]}
    service.call("UpdateMetadataConfiguration", {**INDEX, "add": added})
    index = chunk_index(client, read_only=True)

    assert index.inspect(2) is TextSearch.BUILDING
    building.pop()()
    assert index.inspect(2) is TextSearch.ACTIVE


class LoaderOfSpring2026(Loader):
    """Models as botocore had them before full-text search."""

    def load_service_model(self, service_name, type_name, api_version=None):
        model = super().load_service_model(service_name, type_name, api_version)
        if (service_name, type_name) == ("s3vectors", "service-2"):
            model = copy.deepcopy(model)
            for name in ("queryTexts", "returnScores", "queryMode"):
                del model["shapes"]["QueryVectorsInput"]["members"][name]
            del model["shapes"]["MetadataConfiguration"]["members"]["textSearchConfigurations"]
        return model


def test_an_older_botocore_creates_and_searches_indexes_by_meaning(service, monkeypatch):
    session = Session()
    session.register_component("data_loader", LoaderOfSpring2026())
    session.set_credentials("local", "local")
    session.set_config_variable("region", "us-east-1")
    with LocalServer(service) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3VECTORS", server.url)
        with closing(s3vectors_client(session)) as client:
            index = chunk_index(client)
            index.put([WICK, OVEN])

            assert index.inspect(2) is TextSearch.ABSENT
            (match,) = index.query([1.0, 0.1], top_k=1, filter={"kind": "sea"})

    assert match.key == "wick"
    assert text_configurations(service) is None

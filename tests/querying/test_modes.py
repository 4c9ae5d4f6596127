"""Searching by meaning, by words and by both, and what an index offers of them."""

import pytest
from msgspec import structs

from embedding.model_uri import FOUNDATION_MODELS
from embedding.token_estimate import estimate_tokens
from local.s3vectors import Fault
from querying.errors import FilterError, InvalidFieldError, SearchModeError
from querying.query_schema import MAX_QUERY_CHARACTERS, QueryRequest
from querying.search import words
from querying.searched_index import FRESH_SECONDS, LIFETIMES
from tests.querying.conftest import INDEX, of_before_enhanced_mode
from vector_store import TextLanguage, TextSearch
from vector_store.errors import (
    IndexMismatchError,
    RejectedRequestError,
    VectorIndexNotFoundError,
)


@pytest.fixture
def library(shelf):
    shelf.put("The keeper trims the wick.", "A lamp for desks.", "Steam makes a crust shine.")
    shelf.operations()
    return shelf


@pytest.fixture
def plain(shelf):
    """A library whose index has no full-text search."""
    shelf.create_plain()
    shelf.put("The keeper trims the wick.", "A lamp for desks.")
    shelf.operations()
    return shelf


def codes(answer):
    return [notice["code"] for notice in answer["notices"]]


def test_an_index_with_text_search_is_searched_in_both_ways_unless_told(library):
    answer = library.ask("wick")

    assert (answer["mode"], answer["notices"]) == ("hybrid", [])
    best = answer["matches"][0]
    assert best["text"] == "The keeper trims the wick."
    assert best["score"] == best["scores"]["fused"] > 0
    assert best["scores"]["bm25"] > 0
    assert 0 <= best["distance"] <= 2


def test_a_search_by_meaning_scores_by_the_cosine(library):
    answer = library.ask("wick", mode="vector")

    assert answer["mode"] == "vector"
    for match in answer["matches"]:
        assert match["score"] == pytest.approx(1 - match["distance"])
        assert match["scores"] == {"bm25": None, "fused": None, "relevance": None}


def test_a_search_by_words_scores_by_bm25_finds_only_what_has_one_and_embeds_nothing(library):
    answer = library.ask("wick", mode="text")

    (match,) = answer["matches"]
    assert match["score"] == match["scores"]["bm25"] > 0
    assert match["distance"] is None
    assert library.embedder.queries == []


@pytest.mark.parametrize("mode", [None, "text", "hybrid"])
def test_an_index_without_text_search_is_searched_by_meaning_and_the_answer_says_so(plain, mode):
    answer = plain.ask("wick", mode=mode)

    assert answer["mode"] == "vector"
    assert codes(answer) == ["text_search_missing"]
    assert answer["matches"][0]["score"] == pytest.approx(1 - answer["matches"][0]["distance"])


def test_who_asks_by_meaning_misses_nothing(plain):
    assert plain.ask("wick", mode="vector")["notices"] == []


def test_text_search_that_is_being_built_is_told_apart(plain):
    build = []
    plain.service._account.background = build.append  # as if it took long
    plain.configure_text_search("add")

    assert codes(plain.ask("wick")) == ["text_search_building"]
    build.pop()()
    plain.clock.now += LIFETIMES[TextSearch.BUILDING]

    assert plain.ask("wick")["mode"] == "hybrid"


@pytest.mark.parametrize("mode", ["hybrid", "text", "vector", None])
def test_a_question_of_a_healthy_index_is_one_request_and_asks_get_index_never(library, mode):
    for _ in range(2):
        library.ask("wick", mode=mode, filter={"shelf": "sea"})
        library.clock.now += 1_000_000

    assert library.operations() == 2 * ["QueryVectors"]


@of_before_enhanced_mode
@pytest.mark.parametrize("mode", ["hybrid", "text", None])
def test_an_index_in_classic_mode_is_searched_by_meaning_and_the_answer_says_so(plain, mode):
    answer = plain.ask("wick", mode=mode)

    assert (answer["mode"], codes(answer)) == ("vector", ["text_search_missing"])
    assert len(answer["matches"]) == 2


@pytest.mark.parametrize("mode", ["hybrid", "text", None])
def test_a_question_that_is_asked_again_by_meaning_is_embedded_once(plain, mode):
    plain.ask("wick", mode=mode)

    assert plain.operations() == ["QueryVectors", "GetIndex", "QueryVectors"]
    assert plain.embedder.queries == ["wick"]


def test_what_an_index_lacks_is_remembered_and_tried_again_after_a_while(plain):
    plain.ask("wick")
    plain.operations()
    plain.ask("wick")
    assert plain.operations() == ["QueryVectors"]

    plain.clock.now += LIFETIMES[TextSearch.ABSENT]
    plain.ask("wick")

    assert plain.operations() == ["QueryVectors", "GetIndex", "QueryVectors"]


def test_text_search_that_was_added_is_noticed_after_a_while(plain):
    plain.ask("wick")
    plain.configure_text_search("add")
    assert plain.ask("wick")["mode"] == "vector"
    plain.operations()

    plain.clock.now += LIFETIMES[TextSearch.ABSENT]

    assert plain.ask("wick")["mode"] == "hybrid"
    assert plain.operations() == ["QueryVectors"]


def test_text_search_that_was_taken_away_is_noticed_at_the_next_query(library):
    library.ask("wick")
    library.configure_text_search("delete")

    answer = library.ask("wick")

    assert (answer["mode"], codes(answer)) == ("vector", ["text_search_missing"])


def make_anew(library, **settings):
    """Make another index of the same name, that has full-text search too."""
    library.service.call("DeleteIndex", INDEX)
    library.create_index(**settings)
    library.configure_text_search("add")
    library.operations()


@pytest.mark.parametrize("mode", ["hybrid", "vector"])
def test_an_index_of_other_dimensions_is_noticed_at_each_question(library, mode):
    library.ask("wick")
    make_anew(library, dimension=3)

    for _ in range(2):
        with pytest.raises(IndexMismatchError, match="dimension is 3, wanted 64"):
            library.ask("wick", mode=mode)


@pytest.mark.parametrize("mode", ["hybrid", "vector", "text"])
def test_an_index_of_other_distances_is_noticed_by_its_answer(library, mode):
    make_anew(library, distanceMetric="euclidean")

    with pytest.raises(IndexMismatchError, match="distance metric is euclidean, wanted cosine"):
        library.ask("wick", mode=mode)

    assert library.operations() == ["QueryVectors"]


def test_words_are_searched_for_in_an_index_of_any_dimensions(library):
    make_anew(library, dimension=3)
    metadata = {"value": "The wick, as another program embeds it."}
    vector = {"key": "a", "data": {"float32": [1.0, 0.0, 0.0]}, "metadata": metadata}
    library.service.call("PutVectors", {**INDEX, "vectors": [vector]})

    (match,) = library.ask("wick", mode="text")["matches"]

    assert match["text"] == metadata["value"]


def test_requests_that_are_refused_for_another_reason_do_not_each_cost_a_look(library):
    library.embedder.embed_query = lambda _, **__: [1.0] * 63  # of another model than the index

    for looks in (1, 0):
        for _ in range(3):
            with pytest.raises(RejectedRequestError):
                library.ask("wick", mode="vector")
        assert library.operations().count("GetIndex") == looks
        library.clock.now += FRESH_SECONDS / 2


def test_a_filter_that_no_index_takes_costs_no_look(library):
    keys = [f"{n}.txt" for n in range(200)]

    with pytest.raises(FilterError, match="top_k may be 100"):
        library.ask("wick", mode="vector", top_k=101, filter={"source_key": {"$in": keys}})

    assert "GetIndex" not in library.operations()


def test_a_tenant_without_an_index_is_told_by_the_query_alone(shelf):
    for _ in range(2):
        with pytest.raises(VectorIndexNotFoundError):
            shelf.ask("wick")

    assert shelf.operations() == 2 * ["QueryVectors"]


def test_an_index_that_is_made_anew_is_taken_for_whole(plain):
    plain.ask("wick")
    plain.service.call("DeleteIndex", INDEX)
    with pytest.raises(VectorIndexNotFoundError):
        plain.ask("wick")

    plain.index.trust(None)
    plain.put("The keeper trims the wick.")

    answer = plain.ask("wick")
    assert (answer["mode"], len(answer["matches"])) == ("hybrid", 1)


def test_a_min_score_leaves_out_what_scores_less(library):
    scores = [match["score"] for match in library.ask("keeper wick", mode="vector")["matches"]]

    answer = library.ask("keeper wick", mode="vector", min_score=scores[1])

    assert [match["score"] for match in answer["matches"]] == scores[:2]


def test_a_min_score_without_a_mode_is_refused():
    with pytest.raises(InvalidFieldError, match=r"^min_score: it needs a mode"):
        QueryRequest(query="wick", min_score=0.5)


@pytest.mark.parametrize("mode", ["text", "hybrid"])
def test_a_min_score_is_not_held_against_scores_of_another_mode(plain, mode):
    for asked in (["QueryVectors", "GetIndex"], []):
        with pytest.raises(SearchModeError, match=rf"^min_score: it is for mode {mode}"):
            plain.ask("wick", mode=mode, min_score=0.01)
        assert plain.operations() == asked


def test_words_beyond_what_the_service_takes_are_not_searched_and_the_answer_says_so(library):
    answer = library.ask(300 * "lamp " + "wick", mode="text")

    assert codes(answer) == ["query_cut"]
    assert [match["text"] for match in answer["matches"]] == ["A lamp for desks."]


def test_a_query_longer_than_the_model_takes_is_embedded_by_its_beginning_and_the_answer_says_so(
    library,
):
    answer = library.ask("wick " + 3_000 * "x", mode="vector")

    assert library.embedder.queries == ["wick " + 2_043 * "x"]
    (notice,) = answer["notices"]
    assert notice["code"] == "query_cut"
    assert "its first 2,048 characters" in notice["detail"]


@pytest.mark.parametrize("model", FOUNDATION_MODELS)
@pytest.mark.parametrize("character", ["x", "5", "é", "字", "😀"])
def test_the_longest_query_of_any_script_is_embedded_as_far_as_each_model_reads_it(
    library, model, character
):
    family, query = FOUNDATION_MODELS[model], character * MAX_QUERY_CHARACTERS
    tokens, characters = family.max_input_tokens, family.max_input_characters
    library.embedder.model = structs.replace(
        library.embedder.model, max_input_tokens=tokens, max_input_characters=characters
    )

    answer = library.ask(query, mode="vector")

    (read,) = library.embedder.queries
    assert query.startswith(read)
    assert estimate_tokens(read) <= tokens
    assert len(read) == min(
        len(query), characters or len(query), int(tokens / estimate_tokens(character))
    )
    assert bool(answer["notices"]) is (len(read) < len(query))
    for notice in answer["notices"]:
        assert f"its first {len(read):,} characters" in notice["detail"]


def test_a_query_in_chinese_is_not_longer_than_titan_takes(library):
    model = library.embedder.model
    library.embedder.model = structs.replace(model, max_input_characters=50_000)

    library.ask(8_000 * "字", mode="vector")

    assert library.embedder.queries == [6_553 * "字"]


@pytest.mark.parametrize(
    ("query", "searched"),
    [
        ("wick and lamp", "wick and lamp"),
        (1_024 * "x", 1_024 * "x"),
        (1_100 * "x", 1_024 * "x"),
        (1_020 * "x" + " lamps", 1_020 * "x"),
        (1_019 * "x" + "\nlamp oil", 1_019 * "x" + "\nlamp"),
    ],
)
def test_a_long_query_is_cut_between_words(query, searched):
    assert words(query, TextLanguage.FRENCH) == searched


@pytest.mark.parametrize(
    ("query", "searched"),
    [
        ("How do I trim the wick of a lamp?", "trim wick lamp?"),
        ("What is (the) shutter, and where?", "shutter,"),
        ("I can not open it", "not open"),
        ("IT and vitamin A for The Who", "IT vitamin A The Who"),
        ("on-demand lamps", "on-demand lamps"),
        ("Who is it?", "Who is it?"),
        ("Where is it ?", "Where is it ?"),
        ("?!", "?!"),
        ("", ""),
    ],
)
def test_a_query_is_searched_by_its_telling_words_where_it_has_any(query, searched):
    assert words(query, TextLanguage.STANDARD) == searched
    assert words(query, TextLanguage.ENGLISH) == searched


def test_a_query_that_is_stated_to_be_in_another_language_keeps_its_words():
    for language in set(TextLanguage) - {TextLanguage.STANDARD, TextLanguage.ENGLISH}:
        assert words("was is to the", language) == "was is to the"


def test_passages_that_share_only_function_words_with_a_question_are_no_match(library):
    answer = library.ask("What is the wick for?", mode="text")

    assert [match["text"] for match in answer["matches"]] == ["The keeper trims the wick."]


def test_a_failure_of_the_service_is_no_reason_to_search_otherwise(library):
    library.ask("wick")
    library.service.faults.add(Fault("AccessDeniedException", operation="QueryVectors", times=1))

    with pytest.raises(Exception, match="AccessDenied"):
        library.ask("wick")

    assert library.ask("wick")["mode"] == "hybrid"

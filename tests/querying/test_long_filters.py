"""Filters of more comparisons than one query takes: asked in parts, and merged where that is sound."""

import pytest

from querying.errors import FilterError

NAMES = [f"note {n}" for n in range(250)]
ANY_NAME = {"name": {"$in": NAMES}}


@pytest.fixture
def library(shelf):
    for n in (0, 120, 240):
        shelf.put(f"lamp {n} oil " * (n % 7 + 1), document=f"{n}.txt", name=f"note {n}")
    shelf.put("lamp oil", document="other.txt", name="another")
    shelf.operations()
    return shelf


@pytest.mark.parametrize("mode", ["vector", "text"])
def test_what_several_queries_find_comes_in_one_order_of_the_same_scores(library, mode):
    answer = library.ask("lamp oil", mode=mode, filter=ANY_NAME)

    everything = library.ask("lamp oil", mode=mode)["matches"]
    assert answer["matches"] == [
        match for match in everything if match["metadata"]["name"] != "another"
    ]
    assert len(answer["matches"]) == 3
    assert library.operations() == 4 * ["QueryVectors"]


def test_what_several_queries_find_counts_once(library):
    library.put("lamp", document="twice.txt", name=["note 1", "note 200"])

    answer = library.ask("lamp", mode="vector", filter=ANY_NAME)

    assert [m["document"]["key"] for m in answer["matches"]].count("twice.txt") == 1


def test_no_more_than_top_k_come_of_several_queries(library):
    answer = library.ask("lamp", mode="vector", filter=ANY_NAME, top_k=2)

    assert len(answer["matches"]) == 2


@pytest.mark.parametrize("mode", [None, "hybrid"])
def test_hybrid_ranks_are_not_merged_and_nothing_is_searched_for(library, mode):
    for looks in (["GetIndex"], []):
        with pytest.raises(
            FilterError, match=r"^filter: .* 3 queries .* ask in mode vector or text"
        ):
            library.ask("lamp", mode=mode, filter=ANY_NAME)
        assert library.operations() == looks

    assert library.embedder.queries == []


@pytest.mark.parametrize("mode", [None, "hybrid"])
def test_an_index_without_text_search_has_no_hybrid_ranks_to_merge(shelf, mode):
    shelf.create_plain()
    shelf.put("lamp oil", name="note 7")

    answer = shelf.ask("lamp", mode=mode, filter=ANY_NAME)

    assert (answer["mode"], len(answer["matches"])) == ("vector", 1)

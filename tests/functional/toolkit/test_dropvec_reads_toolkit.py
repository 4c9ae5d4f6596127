"""What dropvec answers from an index that graphrag-toolkit wrote."""

import pytest

from dropvec.command_line import main
from local.roles import OPERATOR, credentials
from tests.functional.toolkit.conftest import toolkit_tests, with_and_without_prefix

pytestmark = toolkit_tests

CHUNKS = [
    ("0a1b2c3d:4e5f", "The keeper trims the wick at dusk.", {"shelf": "sea", "year": 2024}),
    ("0a1b2c3d:4e5f", "Steam in the oven makes a crust shine.", {"shelf": "kitchen", "year": 2026}),
    ("6a7b8c9d:0e1f", "Lamps for desks, in brass.", {"built_date": "2026-01-31T00:00:00"}),
]
"""Source, text and the source's metadata."""
QUERY = "When does the keeper trim the wick?"


@pytest.fixture
def chunks(tenant):
    """The toolkit's ids hold the tenant, or nothing."""
    owner = f"aws:{tenant or ''}:"
    return [
        {
            "id": f"{owner}{source}:{number:08x}",
            "source_id": f"{owner}{source}",
            "text": text,
            "attributes": attributes,
        }
        for number, (source, text, attributes) in enumerate(CHUNKS)
    ]


@pytest.fixture
def written(deployment, toolkit, chunks):
    """An index that the toolkit made, in a vector bucket that was there: it makes none."""
    deployment.vectors.create_vector_bucket(vectorBucketName=deployment.store.bucket_name)
    toolkit.add_embeddings(*chunks)
    return deployment


def by_id(matches):
    return {match["chunk_id"]: match for match in matches}


@with_and_without_prefix
def test_matches_have_its_ids_texts_attributes_and_sources(written, chunks, tenant):
    matches = by_id(written.matches(QUERY, tenant))

    assert matches.keys() == {chunk["id"] for chunk in chunks}
    for chunk in chunks:
        match = matches[chunk["id"]]
        assert match["text"] == chunk["text"]
        assert match["metadata"] == chunk["attributes"]
        assert match["document"]["uri"] == chunk["source_id"]


@with_and_without_prefix
def test_matches_come_in_the_order_of_its_top_k(written, toolkit, tenant):
    matches = written.matches(QUERY, tenant)

    assert list(by_id(matches)) == toolkit.found(QUERY)
    assert matches[0]["text"] == CHUNKS[0][1]


def test_an_index_of_its_making_is_searched_by_meaning_and_the_answer_says_so(written, tenant):
    _, answer, _ = written.ask({"query": QUERY}, tenant)

    assert answer["mode"] == "vector"
    assert [notice["code"] for notice in answer["notices"]] == ["text_search_missing"]


def test_an_index_of_its_making_is_upgraded_to_be_searched_by_words_too(
    written, chunks, tenant, monkeypatch
):
    for name, value in credentials(OPERATOR).items():
        monkeypatch.setenv(name, value)

    assert main(["index", "upgrade"]) == 0

    _, answer, _ = written.ask({"query": "crust"}, tenant)
    assert (answer["mode"], answer["notices"]) == ("hybrid", [])
    assert answer["matches"][0]["chunk_id"] == chunks[1]["id"]
    assert answer["matches"][0]["scores"]["bm25"] > 0


def test_filters_select_by_its_sources_metadata(written, chunks, tenant):
    asked = [
        ({"shelf": "kitchen"}, {1}),
        ({"year": {"$lt": 2025}}, {0}),
        ({"year": {"$exists": False}}, {2}),
        ({"built_date": "2026-01-31T00:00:00"}, {2}),
        ({"$or": [{"shelf": {"$in": ["sea", "sky"]}}, {"year": 2026}]}, {0, 1}),
    ]
    numbers = {chunk["id"]: number for number, chunk in enumerate(chunks)}

    for filter, expected in asked:
        matches = written.matches(QUERY, tenant, filter=filter)

        assert {numbers[match["chunk_id"]] for match in matches} == expected, filter


def test_its_sources_are_documents_to_group_by(written, chunks, tenant):
    _, answer, _ = written.ask({"query": QUERY, "group_by": "document"}, tenant)

    found = [
        (document["document"]["uri"], {match["chunk_id"] for match in document["matches"]})
        for document in answer["documents"]
    ]

    assert found == [
        (chunks[0]["source_id"], {chunks[0]["id"], chunks[1]["id"]}),
        (chunks[2]["source_id"], {chunks[2]["id"]}),
    ]


def test_context_of_a_chunk_that_names_no_neighbours_is_itself(written, chunks, tenant):
    [match] = written.matches(QUERY, tenant, top_k=1, context=1)

    assert match["context"]["text"] == match["text"]
    assert match["context"]["chunk_ids"] == [chunks[0]["id"]]


def test_a_dropped_document_joins_its_chunks_and_both_find_all(
    written, toolkit, chunks, tenant, key
):
    written.put(key("museum.txt"), "The lighthouse is a museum now.")
    written.index_all()

    matches = written.matches("the museum in the lighthouse", tenant)

    assert matches[0]["document"]["key"] == key("museum.txt")
    assert list(by_id(matches)) == toolkit.found("the museum in the lighthouse")
    assert by_id(matches).keys() > {chunk["id"] for chunk in chunks}

    written.remove(key("museum.txt"))
    written.index_all()
    assert written.stored(tenant).keys() == {chunk["id"] for chunk in chunks}


def test_what_it_adds_to_dropvecs_index_is_found_by_its_words(
    deployment, toolkit, chunks, tenant, key
):
    deployment.put(key("museum.txt"), "The lighthouse is a museum now.")
    deployment.index_all()
    toolkit.add_embeddings(*chunks)

    _, answer, _ = deployment.ask({"query": "crust"}, tenant)
    by_words = deployment.matches("crust", tenant, mode="text")

    assert (answer["mode"], answer["notices"]) == ("hybrid", [])
    assert answer["matches"][0]["text"] == chunks[1]["text"]
    assert [match["text"] for match in by_words] == [chunks[1]["text"]]

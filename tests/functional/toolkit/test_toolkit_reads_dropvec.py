"""What graphrag-toolkit makes of an index that dropvec wrote."""

import json
from collections import Counter

import pytest

from tests.functional.test_only_what_changed import check
from tests.functional.toolkit.conftest import toolkit_tests, with_and_without_prefix

pytestmark = toolkit_tests

VALID_TO = 1_700_000_000_000
JANUARY_31 = 1_769_817_600
QUERIES = ("When does the keeper trim the wick?", "a crust that shines", "lamps and bread")


@pytest.fixture
def documents(deployment, tenant, key):
    """Three documents of the tenant, in one index, and one of another tenant."""
    log = "\n\n".join(f"Night {n}: the keeper trims the wick. " + "Rain. " * 200 for n in range(3))
    deployment.put(key("log.txt"), log, Metadata={"shelf": "sea"})
    deployment.put(key("bread.md"), "# Bread\n\nSteam makes a crust shine.")
    deployment.put(key("lamps.txt"), "Lamps for desks, in brass.")
    attributes = {"shelf": "shop", "year": 2026, "stock": ["brass", "tin"], "made": "2026-01-31"}
    sidecar = json.dumps({"metadataAttributes": attributes})
    deployment.put(key("lamps.txt.metadata.json"), sidecar)
    deployment.put("tenants/other/log.txt", "The keeper of the other tenant trims the wick.")
    deployment.index_all()
    assert len(deployment.stored(tenant)) > 4
    return deployment


def ids(matches):
    return [match["chunk_id"] for match in matches]


@with_and_without_prefix
def test_top_k_finds_what_a_vector_query_finds_in_the_same_order(documents, toolkit, tenant):
    for query in QUERIES:
        matches = documents.matches(query, tenant, mode="vector", top_k=20)

        results = toolkit.top_k(query)

        assert [result["chunk"]["chunkId"] for result in results] == ids(matches)
        assert set(ids(matches)) == set(documents.stored(tenant))
        assert [r["score"] for r in results] == pytest.approx([m["score"] for m in matches])


def test_chunks_of_one_document_share_their_source(documents, toolkit, tenant, key):
    of_the_log = len(documents.texts(key("log.txt"), tenant))

    sources = Counter(result["source"]["sourceId"] for result in toolkit.top_k(QUERIES[0]))

    assert sorted(sources.values()) == [1, 1, of_the_log]


def test_get_embeddings_gives_what_dropvec_stored(documents, toolkit, tenant):
    stored = documents.stored(tenant)

    results = {result["id"]: result for result in toolkit.get_embeddings([*stored, "no such key"])}

    assert results.keys() == stored.keys()
    for key, vector in stored.items():
        assert results[key]["embedding"] == vector["data"]["float32"]
        assert results[key]["value"] == vector["metadata"]["value"]
        assert results[key]["chunk"]["chunkId"] == key


def test_attributes_are_the_sources_metadata(documents, toolkit, tenant):
    [lamps] = ids(documents.matches("lamps", tenant, filter={"shelf": "shop"}))

    [result] = toolkit.get_embeddings([lamps])

    metadata = result["source"]["metadata"]
    assert metadata.pop("made.epoch") == JANUARY_31
    assert metadata == {
        "shelf": "shop",
        "year": 2026,
        "stock": ["brass", "tin"],
        "made": "2026-01-31",
    }


def test_chunks_are_the_current_version_at_any_time(documents, toolkit, tenant):
    everything = set(documents.stored(tenant))
    asked = {
        "current": {"mode": "CURRENT"},
        "at a time": {"at": VALID_TO},
        "previous": {"mode": "PREVIOUS"},
        "before a time": {"mode": "BEFORE_TIMESTAMP", "at": VALID_TO},
    }

    found = {name: set(toolkit.found(QUERIES[0], **narrowed)) for name, narrowed in asked.items()}

    assert found == {
        "current": everything,
        "at a time": everything,
        "previous": set(),
        "before a time": set(),
    }


def test_its_metadata_filters_select_by_dropvecs_attributes(documents, toolkit, tenant):
    asked = {
        "a text": [("shelf", "==", "shop")],
        "a number": [("year", "==", 2026)],
        "a range and a text": [("year", ">", 2025), ("shelf", "!=", "sea")],
        "a date, by its seconds": [("made.epoch", ">=", JANUARY_31)],
    }

    found = {
        name: toolkit.found(QUERIES[0], where=where, mode="CURRENT")
        for name, where in asked.items()
    }

    [lamps] = ids(documents.matches("lamps", tenant, filter={"shelf": "shop"}))
    assert found == {name: [lamps] for name in asked}
    assert toolkit.found(QUERIES[0], where=[("made.epoch", ">", JANUARY_31)]) == []


def test_a_date_that_it_knows_by_its_name_is_found_in_its_own_form_alone(
    documents, toolkit, tenant, key
):
    found = {}
    for given in ("2026-02-01", "2026-02-01T00:00:00"):
        sidecar = json.dumps({"metadataAttributes": {"printed_date": given}})
        documents.put(key("lamps.txt.metadata.json"), sidecar)
        documents.index_all()
        found[given] = toolkit.found("lamps", where=[("printed_date", "==", "2026-02-01")])

    [lamps] = ids(documents.matches("lamps", tenant, filter={"printed_date": {"$exists": True}}))
    assert found == {"2026-02-01": [], "2026-02-01T00:00:00": [lamps]}


class TestAfterUpdateVersioning:
    """The toolkit has read each of dropvec's vectors of a document and put it again."""

    @pytest.fixture
    def rewritten(self, documents, toolkit, tenant, key):
        place = key("log.txt")
        vectors = documents.stored(tenant)
        chunks = [k for k, v in vectors.items() if _place(v)["key"] == place]
        toolkit.update_versioning(VALID_TO, chunks)
        changed = documents.stored(tenant)
        assert {k for k, v in changed.items() if v != vectors[k]} == set(chunks)
        return chunks

    def test_its_filters_tell_the_versions_apart(self, documents, rewritten, toolkit, tenant):
        current = set(documents.stored(tenant)).difference(rewritten)

        assert set(toolkit.found(QUERIES[0], mode="CURRENT")) == current
        assert set(toolkit.found(QUERIES[0], mode="PREVIOUS")) == set(rewritten)
        assert set(toolkit.found(QUERIES[0], at=VALID_TO - 1)) == {*current, *rewritten}

    def test_all_that_dropvec_keeps_in_a_vector_is_there(self, documents, toolkit, tenant):
        before = documents.stored(tenant)

        toolkit.update_versioning(VALID_TO, list(before))

        for key, vector in documents.stored(tenant).items():
            assert vector["data"] == before[key]["data"]
            assert _place(vector) == _place(before[key])
            changed = vector["metadata"].items() ^ before[key]["metadata"].items()
            assert {name for name, _ in changed} <= {"metadata", "source.versioning.valid_to"}

    def test_answers_are_what_they_were(self, documents, toolkit, tenant):
        request = {"query": QUERIES[0], "context": 1}
        before = documents.ask(request, tenant)[1]

        toolkit.update_versioning(VALID_TO, list(documents.stored(tenant)))

        assert documents.ask(request, tenant)[1] == before

    def test_a_check_puts_them_back(self, documents, rewritten, toolkit, key):
        check(documents, key("log.txt"))

        assert set(rewritten) <= set(toolkit.found(QUERIES[0], mode="CURRENT"))

    def test_a_replaced_document_leaves_none_of_them(
        self, documents, rewritten, toolkit, tenant, key
    ):
        documents.put(key("log.txt"), "The lighthouse is a museum now.")
        documents.index_all()

        assert not set(rewritten) & set(documents.stored(tenant))
        assert not set(rewritten) & set(toolkit.found(QUERIES[0]))


def _place(vector):
    return json.loads(vector["metadata"]["metadata"])["dropvec"]

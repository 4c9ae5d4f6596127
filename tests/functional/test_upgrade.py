"""What an older stack stored, read by this one and brought to its layout while questions are answered."""

import json

import pytest

from dropvec.command_line import main
from local.roles import OPERATOR, credentials
from recipe.recipe import LAYOUT_VERSION
from tests.functional.conftest import forget_clients
from tests.functional.earlier_layouts.recording import (
    DOCUMENTS,
    FOLDER,
    MODEL,
    record,
    recorded,
    restore,
)
from tests.functional.test_sync import lose_events
from vector_store import ConnectionString

FIRST_RECORDED = 2
EARLIER = range(FIRST_RECORDED, LAYOUT_VERSION)
INDEXES = ("app1.chunk", "app1.chunk-acme")


@pytest.fixture
def upgraded(deployment, monkeypatch):
    """Deploys this version over what a recording holds."""

    def upgrade(recording):
        store = f"s3vectors://{recording['vector_bucket']}/app1"
        deployment.deploy(VectorStore=store, EmbeddingModel=MODEL)
        deployment.store = ConnectionString.parse(store)
        restore(deployment, recording)
        for name, value in credentials(OPERATOR).items():
            monkeypatch.setenv(name, value)
        return deployment

    return upgrade


def test_every_earlier_layout_is_recorded():
    assert {path.name for path in FOLDER.glob("*.json")} == {f"layout-{n}.json" for n in EARLIER}


@pytest.mark.costly
@pytest.mark.parametrize("layout", EARLIER)
def test_an_older_stack_s_documents_are_found_and_brought_to_this_layout_by_sync(upgraded, layout):
    stack = upgraded(recorded(layout))

    def assert_found():
        assert stack.matches("kettles whistle")[0]["document"]["key"] == "guide.txt"
        assert "Teapots sold well" in stack.matches("teapots", "acme")[0]["text"]
        for tenant, key in ((None, "guide.txt"), ("acme", "tenants/acme/report.md")):
            [document] = stack.documents(tenant)[1]["documents"]
            assert (document["key"], document["state"]) == (key, "INDEXED")

    assert_found()
    for key, text in DOCUMENTS.items():
        stack.put(key, text)
    lose_events(stack)
    assert main(["sync"]) == 0
    stack.index_all()

    assert main(["sync", "--orphans", "--dry-run"]) == 0
    assert_found()
    vectors = stack.stored()
    assert len(vectors) == stack.entry("guide.txt").chunk_count == 2
    # Since layout 4, a vector names its neighbours: the first the next, the last the one before.
    places = [json.loads(v["metadata"]["metadata"])["dropvec"] for v in vectors.values()]
    assert {place.get("next") or place.get("previous") for place in places} == set(vectors)


@pytest.mark.costly
def test_a_recording_of_this_layout_is_put_back_as_it_was(deployment, upgraded):
    deployment.deploy(EmbeddingModel=MODEL)
    for key, text in DOCUMENTS.items():
        deployment.put(key, text)
    deployment.index_all()
    recording = record(deployment, INDEXES)
    before = deployment.stored()
    for index in INDEXES:
        deployment.vectors.delete_index(
            vectorBucketName=deployment.store.bucket_name, indexName=index
        )
    deployment.vectors.delete_vector_bucket(vectorBucketName=deployment.store.bucket_name)
    forget_clients()

    stack = upgraded(recording)

    assert stack.stored() == before
    assert main(["sync", "--dry-run"]) == 0

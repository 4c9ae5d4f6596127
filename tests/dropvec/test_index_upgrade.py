"""`dropvec index upgrade`, against S3 Vectors as it is and as it was."""

import os
import signal
from datetime import UTC, datetime

import pytest

from dropvec.command_line import main
from dropvec.commands import index as command
from dropvec.deployment import Deployment
from local.s3vectors import Fault, LocalServer, S3VectorsService
from vector_store import ConnectionString, IndexName, TextLanguage, TextSearch, s3vectors_client
from vector_store.chunk_indexes import ChunkIndexes

BUCKET = {"vectorBucketName": "vectors"}
CONNECTION = ConnectionString("vectors", "app1")
FITTING = {
    "dataType": "float32",
    "dimension": 2,
    "distanceMetric": "cosine",
    "metadataConfiguration": {"nonFilterableMetadataKeys": ["value", "metadata"]},
}
SEARCHABLE = {
    "nonFilterableMetadataKeys": ["value", "metadata"],
    "textSearchConfigurations": [{"metadataKey": "value"}],
}
BEFORE_ENHANCED_MODE = {"clock": lambda: datetime(2026, 9, 29, tzinfo=UTC)}


class Background(list):  # type: ignore[type-arg]
    """What the service has to do yet, done when told."""

    __call__ = list.append

    def finish(self, *_):
        while self:
            self.pop()()


@pytest.fixture
def background():
    return Background()


@pytest.fixture
def service(request, background, monkeypatch):
    service = S3VectorsService(background=background, **getattr(request, "param", {}))
    service.call("CreateVectorBucket", BUCKET)
    found = Deployment("dropvec", {"VectorStore": str(CONNECTION), "TextLanguage": "de"}, {})
    monkeypatch.setattr(Deployment, "find", lambda *_: found)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(command.time, "sleep", background.finish)
    with LocalServer(service) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3VECTORS", server.url)
        yield service


def create(service, *names, **settings):
    for name in names:
        service.call("CreateIndex", {**BUCKET, "indexName": name, **FITTING, **settings})


def described(service, name):
    return service.call("GetIndex", {**BUCKET, "indexName": name})["index"]


def state(service, name):
    configuration = described(service, name)["metadataConfiguration"]
    return [text["status"] for text in configuration.get("textSearchConfigurations", [])]


def languages(service, *names):
    """Of what is searchable already, the language stays."""
    configurations = [described(service, name)["metadataConfiguration"] for name in names]
    return [c["textSearchConfigurations"][0].get("language") for c in configurations]


def operations(service):
    made = [call.operation for call in service.calls.of() if call.request_bytes]
    service.calls.clear()
    return made


def test_each_tenants_index_gets_full_text_search_and_no_other(service, capsys):
    create(
        service, "app1.chunk", "app1.chunk-acme", "app1.topic", "app1.chunky", "chunk", "app2.chunk"
    )
    create(service, "app1.chunk-new", metadataConfiguration=SEARCHABLE)

    assert main(["index", "upgrade"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "building  app1.chunk",
        "building  app1.chunk-acme",
        "active    app1.chunk-new",
        "active    app1.chunk",
        "active    app1.chunk-acme",
    ]
    for name in ("app1.chunk", "app1.chunk-acme", "app1.chunk-new"):
        assert state(service, name) == ["ACTIVE"]
    assert languages(service, "app1.chunk", "app1.chunk-new") == ["de", None]
    for name in ("app1.topic", "app1.chunky", "chunk", "app2.chunk"):
        assert state(service, name) == []


def test_what_was_upgraded_is_left_alone(service):
    create(service, "app1.chunk")
    main(["index", "upgrade"])
    operations(service)

    assert main(["index", "upgrade"]) == 0

    assert set(operations(service)) == {"GetVectorBucket", "ListIndexes", "GetIndex"}


def test_a_dry_run_says_what_lacks_it_and_changes_nothing(service, capsys):
    create(service, "app1.chunk")
    create(service, "app1.chunk-new", metadataConfiguration=SEARCHABLE)

    assert main(["index", "upgrade", "--dry-run"]) == 3

    assert capsys.readouterr().out == "absent    app1.chunk\nactive    app1.chunk-new\n"
    assert state(service, "app1.chunk") == []
    assert main(["index", "upgrade", "--dry-run", "--tenant", "new"]) == 0


@pytest.mark.parametrize(
    ("tenant", "upgraded"), [("acme", "app1.chunk-acme"), ("default_", "app1.chunk")]
)
def test_one_tenants_index_may_be_upgraded_alone(service, tenant, upgraded):
    names = ("app1.chunk", "app1.chunk-acme")
    create(service, *names)

    assert main(["index", "upgrade", "--tenant", tenant]) == 0

    assert [name for name in names if state(service, name)] == [upgraded]


def test_building_need_not_be_waited_for(service, background):
    create(service, "app1.chunk")

    assert main(["index", "upgrade", "--no-wait"]) == 0

    assert state(service, "app1.chunk") == ["BUILDING"]
    background.finish()
    assert state(service, "app1.chunk") == ["ACTIVE"]


def test_ctrl_c_ends_the_waiting(service, monkeypatch):
    create(service, "app1.chunk")
    monkeypatch.setattr(command.time, "sleep", lambda _: os.kill(os.getpid(), signal.SIGINT))

    assert main(["index", "upgrade"]) == 130


def test_an_index_that_cannot_be_upgraded_does_not_keep_the_others_back(service, capsys):
    create(service, "app1.chunk", "app1.chunk-acme")
    service.faults.add(
        Fault("AccessDeniedException", operation="UpdateMetadataConfiguration", times=1)
    )

    assert main(["index", "upgrade"]) == 1

    assert (
        "app1.chunk: full-text search of index app1.chunk: AccessDenied" in capsys.readouterr().err
    )
    assert state(service, "app1.chunk") == []
    assert state(service, "app1.chunk-acme") == ["BUILDING"]


def test_a_deployment_without_an_index_has_nothing_to_upgrade(service, capsys):  # noqa: ARG001
    assert main(["index", "upgrade"]) == 0

    assert capsys.readouterr().out == "no chunk index in s3vectors://vectors/app1\n"


@pytest.mark.parametrize("service", [BEFORE_ENHANCED_MODE], indirect=True)
def test_a_classic_index_is_put_into_enhanced_mode_first(service, capsys):
    create(service, "app1.chunk")

    assert main(["index", "upgrade"]) == 0

    assert described(service, "app1.chunk")["indexMode"] == "ENHANCED"
    assert state(service, "app1.chunk") == ["ACTIVE"]
    assert "--new-indexes changes that" in capsys.readouterr().err
    create(service, "app1.chunk-later")
    assert described(service, "app1.chunk-later")["indexMode"] == "CLASSIC"


@pytest.mark.parametrize("service", [BEFORE_ENHANCED_MODE], indirect=True)
def test_indexes_to_come_are_enhanced_where_that_is_asked_for(service):
    assert main(["index", "upgrade", "--new-indexes", "--dry-run"]) == 0
    create(service, "app1.chunk-before")

    assert main(["index", "upgrade", "--new-indexes"]) == 0

    create(service, "app1.chunk-later", metadataConfiguration=SEARCHABLE)
    assert described(service, "app1.chunk-before")["indexMode"] == "ENHANCED"
    assert state(service, "app1.chunk-later") == ["ACTIVE"]


def test_two_operators_at_once_both_succeed(service):
    create(service, "app1.chunk")
    upgrade, name = (
        ChunkIndexes(s3vectors_client(), CONNECTION, TextLanguage.ENGLISH),
        IndexName("chunk", prefix="app1"),
    )
    upgrade.add_text_search(name)

    upgrade.add_text_search(name)

    assert upgrade.text_search(name) is TextSearch.BUILDING


def test_more_indexes_than_one_listing_shows_are_all_found(service):
    names = [f"app1.chunk-t{n:04}" for n in range(501)]
    create(service, *names)

    found = ChunkIndexes(s3vectors_client(), CONNECTION, TextLanguage.ENGLISH).names()

    assert list(map(str, found)) == names

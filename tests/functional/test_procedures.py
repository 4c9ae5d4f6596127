"""What docs/operations.md has an operator do, by the commands that stand there."""

import re
import shlex
from contextlib import suppress
from pathlib import Path

import pytest

from catalog import DocumentState
from dropvec import tenant_deletion
from dropvec.command_line import main
from indexing.planner import MAX_LAPSES
from local.roles import OPERATOR, credentials
from local.s3vectors import Principal
from tests.functional.conftest import SMALL_AND_BATCHED, forget_clients, sqs_event
from tests.functional.interleaving import WorkerDied, die, look, meanwhile
from tests.functional.test_sync import ONE, TWO, lose_events
from vector_store import WritableVectorIndex

pytestmark = pytest.mark.costly

OPERATIONS = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()

REPORT = "tenants/acme/report.txt"
"""As the documentation names it."""


def commands(procedure):
    """The arguments of each `dropvec` command that a procedure has, in order."""
    section = re.search(rf"^### {procedure}$(.*?)(?=^##|\Z)", OPERATIONS, re.MULTILINE | re.DOTALL)
    assert section, f"docs/operations.md has no procedure {procedure!r}"
    blocks = re.findall(r"```console\n(.*?)```", section[1], re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines() if line.strip()]
    assert all(line.startswith("dropvec ") for line in lines)
    return [shlex.split(line)[1:] for line in lines]


def become_operator(monkeypatch):
    for name, value in credentials(OPERATOR).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def operated(deployment, monkeypatch):
    """A deployment, and the operator's environment; what fails is delivered again at once."""
    become_operator(monkeypatch)
    monkeypatch.setattr("indexing.handler.retry_delay", lambda _: 0)
    return deployment


def wipe_table(deployment):
    client, table = deployment.stack.client("dynamodb"), deployment.stack.catalog_table
    for item in client.scan(TableName=table)["Items"]:
        client.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})
    forget_clients()  # for a minute, a worker takes an index to be registered that it has seen


def test_dead_letters_are_put_back(operated, capsys):
    operated.put(REPORT, ONE)
    lose_events(operated)
    for event in sqs_event(operated, *[REPORT] * 12)["Records"]:
        operated.sqs.send_message(
            QueueUrl=operated.stack.dead_letters_url, MessageBody=event["body"]
        )

    [redrive] = commands("Put dead letters back")
    assert main(redrive) == 0

    assert capsys.readouterr().out == "put back: 12\n"
    assert operated.dead_letters() == 0
    operated.index_all()
    assert operated.texts(REPORT, "acme") == [ONE]


def test_a_document_whose_worker_died_is_freed(operated, monkeypatch):
    operated.put(REPORT, ONE)
    meanwhile(monkeypatch, WritableVectorIndex, "put", die)
    with pytest.raises(WorkerDied):
        look(operated, REPORT)
    operated.catalog.entries.write(operated.entry(REPORT), {"lease_until": 1})  # long ago
    lose_events(operated)
    assert operated.entry(REPORT).state is DocumentState.INDEXING

    [sync] = commands("Free a stuck document")
    assert main(sync) == 0
    operated.index_all()

    assert operated.entry(REPORT).state is DocumentState.INDEXED
    assert operated.texts(REPORT, "acme") == [ONE]


def test_a_document_that_workers_died_at_is_tried_again(operated, monkeypatch):
    operated.put(REPORT, ONE)
    for _ in range(MAX_LAPSES):
        meanwhile(monkeypatch, WritableVectorIndex, "put", die)
        with pytest.raises(WorkerDied):
            look(operated, REPORT)
        operated.catalog.entries.write(operated.entry(REPORT), {"lease_until": 1})  # long ago
    lose_events(operated)
    look(operated, REPORT)
    assert operated.entry(REPORT).state is DocumentState.FAILED

    [sync] = commands("Try a document again that workers died at")
    assert main(sync) == 0
    operated.index_all()

    assert operated.entry(REPORT).state is DocumentState.INDEXED
    assert operated.texts(REPORT, "acme") == [ONE]


def test_a_tenant_is_rebuilt_from_the_bucket(operated):
    operated.put(REPORT, ONE)
    operated.put("tenants/acme/notes.txt", TWO)
    operated.index_all()
    before = operated.stored("acme")
    operated.vectors.delete_index(
        vectorBucketName=operated.store.bucket_name, indexName="app1.chunk-acme"
    )

    [sync] = commands("Rebuild a tenant from the bucket")
    assert main(sync) == 0
    operated.index_all()

    assert operated.stored("acme") == before


def test_a_lost_table_is_rebuilt_from_bucket_and_vectors(operated):
    for key in ("guide.txt", "gone.txt", "changed.txt", REPORT, "tenants/left/only.txt"):
        operated.put(key, ONE)
    operated.index_all()
    kept = {key for key in operated.stored() if operated.stored()[key]["metadata"]["value"]}
    operated.remove("gone.txt")
    operated.remove("tenants/left/only.txt")
    operated.put("changed.txt", TWO)
    operated.put("new.txt", ONE)
    lose_events(operated)
    wipe_table(operated)
    operated.bedrock.texts.clear()

    after_restoring, *without_backup = commands("Restore after the table was lost")
    assert after_restoring == ["sync"]
    for command in without_backup:
        assert main(command) == 0
        operated.index_all()

    assert operated.texts("guide.txt") == operated.texts("new.txt") == [ONE]
    assert operated.texts("changed.txt") == [TWO]
    assert operated.texts(REPORT, "acme") == [ONE]
    assert operated.texts("gone.txt") == []
    assert operated.stored("left") == {}
    # Only what changed or came meanwhile was embedded.
    assert len(operated.bedrock.texts) == 2
    assert kept & set(operated.stored())


def test_another_model_takes_over_while_questions_are_answered(operated, monkeypatch):
    operated.put("guide.txt", ONE)
    operated.put(REPORT, TWO)
    operated.index_all()
    store = f"s3vectors://{operated.store.bucket_name}/v2"

    def asking(**parameters):
        """The text and the model of the answer, with these parameters in force."""
        operated.deploy(**parameters)
        become_operator(monkeypatch)
        status, answer, _ = operated.ask({"query": "kettles"})
        return status, [(match["text"]) for match in answer.get("matches", ())]

    fill, look_again = commands("Move to another embedding model")
    for command in (fill, look_again):
        assert command[1:3] == ["--stack", "dropvec-v2"]
        del command[1:3]  # here, one stack plays both in turn
    second = {"VectorStore": store, "EmbeddingModel": SMALL_AND_BATCHED}
    assert asking(**second)[0] == 404
    assert main(fill) == 0
    assert asking() == (200, [ONE])
    asking(**second)
    operated.index_all()

    assert main(look_again) == 0
    assert asking(**second) == (200, [ONE])
    assert asking() == (200, [ONE])


def test_a_tenant_is_deleted_for_good_with_proof(operated, capsys):
    for text in (ONE, TWO):
        operated.put(REPORT, text)
    operated.put("tenants/acme/removed.txt", ONE)
    operated.remove("tenants/acme/removed.txt")
    operated.put("tenants/acme/unreadable.pdf", ONE)
    operated.put("tenants/acme2/kept.txt", ONE)
    operated.index_all()
    index = f"{operated.store.bucket_name}/app1.chunk-acme"

    shown, deleted = commands("Delete a tenant for good")
    capsys.readouterr()
    assert main(shown) == 3
    assert capsys.readouterr().out == (
        "object versions below tenants/acme/: 5\n"
        "catalog items: 3\n"
        f"vector index {index}: there\n"
        "registration of the index: there\n"
    )
    assert operated.texts(REPORT, "acme") == [TWO]

    assert main(deleted) == 0
    assert capsys.readouterr().out == (
        "object versions below tenants/acme/: 0\n"
        "catalog items: 0\n"
        f"vector index {index}: none\n"
        "registration of the index: none\n"
    )
    operated.index_all()
    assert main(shown) == 0
    assert operated.documents("acme")[1]["documents"] == []
    assert operated.texts("tenants/acme2/kept.txt", "acme2") == [ONE]


def test_a_worker_that_holds_a_document_is_waited_for(operated, monkeypatch, capsys):
    operated.put(REPORT, ONE)

    def end_the_lease(_seconds):
        entry = operated.entry(REPORT)
        operated.catalog.entries.write(entry, {"lease_until": 0})

    monkeypatch.setattr(tenant_deletion.time, "sleep", end_the_lease)
    meanwhile(monkeypatch, WritableVectorIndex, "put", die)
    with suppress(WorkerDied):
        look(operated, REPORT)

    [_, deleted] = commands("Delete a tenant for good")
    assert main(deleted) == 0

    assert "waiting for workers that hold 1 documents" in capsys.readouterr().err


def test_the_default_tenant_is_not_deleted_by_name(operated, capsys):
    operated.put("guide.txt", ONE)

    assert main(["tenant", "delete", "default_", "--yes"]) == 1

    assert "in no tenant's folder" in capsys.readouterr().err
    assert operated.s3.head_object(Bucket=operated.bucket, Key="guide.txt")


@pytest.mark.parametrize(
    ("procedure", "command"),
    [
        ("Put dead letters back", "redrive"),
        ("Restore after the table was lost", "rebuild"),
        ("Delete a tenant for good", "tenant"),
    ],
)
def test_an_operator_needs_exactly_what_the_documentation_lists(
    operated, monkeypatch, procedure, command
):
    operated.put(REPORT, ONE)
    operated.index_all()
    if command == "rebuild":
        wipe_table(operated)
    operated.sqs.send_message(QueueUrl=operated.stack.dead_letters_url, MessageBody="{}")
    asked, asks, judge = set(), [], Principal.denial

    def noting(self, action, *rest):
        if asks:  # not what the functions do between the commands
            asked.add(action)
        return judge(self, action, *rest)

    monkeypatch.setattr(Principal, "denial", noting)
    for arguments in [*commands(procedure), *commands(procedure)]:  # again, where all is done
        if arguments[0] == command:
            asks.append(True)
            assert main(arguments) in {0, 3}
            asks.clear()
            operated.index_all()

    documented = re.search(
        rf"^`dropvec {command}[a-z ]*` needs (.*?)\.$", OPERATIONS, re.MULTILINE | re.DOTALL
    )
    assert documented
    # The local S3 has no name for what DeleteObjects needs of each object.
    needed = {"s3:DeleteObjectVersion" if a == "s3:POST delete" else a for a in asked}
    assert set(re.findall(r"`(\w+:\w+)`", documented[1])) == needed

import json

from catalog import CatalogConflictError
from embedding import EmbeddingUnavailableError
from indexing.batch import process
from indexing.errors import OutOfTimeError
from indexing.events import Message
from indexing.outcome import Outcome, Report
from indexing_queue import ReconcileRequest
from vector_store.errors import VectorStoreUnavailableError


def message(message_id, *keys, bucket="ours"):
    records = [
        {"eventSource": "aws:s3", "s3": {"bucket": {"name": bucket}, "object": {"key": key}}}
        for key in keys
    ]
    return Message(message_id, json.dumps({"Records": records}))


class Reconciler:
    """Remembers what it was asked for, and answers what it was given."""

    def __init__(self, errors=None):
        self.looks = []
        self.errors = errors or {}

    def __call__(self, looks):
        for look in looks:
            self.looks.append(look)
            key = look.document.key
            yield look, self.errors.get(key, Report(key, Outcome.INDEXED))


def test_events_of_one_document_are_one_look_at_it_for_all_their_messages():
    reconcile = Reconciler()

    process(
        [
            message("1", "a.txt"),
            message("2", "a.txt", "b.txt"),
            message("3", "a.txt.metadata.json"),
        ],
        "ours",
        reconcile,
    )

    asked = {look.document.key: look.message_ids for look in reconcile.looks}
    assert asked == {"a.txt": ("1", "2", "3"), "b.txt": ("2",)}


def test_a_batch_is_as_old_as_the_document_that_was_asked_for_first():
    def sent(message_id, time, **earlier):
        body = ReconcileRequest("ours", f"{message_id}.txt", **earlier).to_message()
        return Message(message_id, body, sent_at=time)

    batch = [sent("1", 30), sent("2", 40, asked_at=20), sent("3", 0)]

    assert process(batch, "ours", Reconciler()).asked_at == 20
    assert process(batch[::2], "ours", Reconciler()).asked_at == 30
    assert process(batch[2:], "ours", Reconciler()).asked_at == 0


def test_a_look_does_all_that_its_messages_ask_for():
    reconcile = Reconciler()
    requests = [
        ReconcileRequest("ours", "a.txt", suspects=("aa",)),
        ReconcileRequest("ours", "a.txt", check=True),
        ReconcileRequest("ours", "a.txt", suspects=("bb",)),
    ]

    process(
        [Message(str(n), request.to_message()) for n, request in enumerate(requests)],
        "ours",
        reconcile,
    )

    [look] = reconcile.looks
    assert (look.check, look.suspects) == (True, {"aa", "bb"})


def test_every_message_of_a_document_that_failed_is_delivered_again():
    reconcile = Reconciler({"a.txt": VectorStoreUnavailableError("throttled")})

    result = process(
        [message("1", "a.txt"), message("2", "a.txt"), message("3", "b.txt")], "ours", reconcile
    )

    assert set(result.failures) == {"1", "2"}
    assert [report.key for report in result.reports] == ["b.txt"]


def test_each_kind_of_passing_failure_fails_its_message_alone():
    errors = {
        "a": OutOfTimeError("no time"),
        "b": EmbeddingUnavailableError("throttled"),
        "c": CatalogConflictError("changed"),
    }

    result = process([message(key, key) for key in "abcd"], "ours", Reconciler(errors))

    assert result.failures == errors
    assert [report.key for report in result.reports] == ["d"]


def test_a_message_of_a_foreign_bucket_fails_alone():
    reconcile = Reconciler()

    result = process(
        [message("1", "a.txt", bucket="theirs"), message("2", "b.txt")], "ours", reconcile
    )

    assert set(result.failures) == {"1"}
    assert [look.document.key for look in reconcile.looks] == ["b.txt"]


def test_folders_are_nothing_to_look_at():
    result = process([message("1", "folder/")], "ours", Reconciler())

    assert (result.reports, result.failures) == ([], {})

import json

from catalog import CatalogConflictError
from embedding import EmbeddingUnavailableError
from indexing.batch import process
from indexing.errors import DocumentBusyError
from indexing.events import Message
from indexing.report import Outcome, Report
from vector_store.errors import VectorStoreUnavailableError


def message(message_id, *keys, bucket="ours"):
    records = [
        {"eventSource": "aws:s3", "s3": {"bucket": {"name": bucket}, "object": {"key": key}}}
        for key in keys
    ]
    return Message(message_id, json.dumps({"Records": records}))


class Reconciler:
    """Remembers what it was asked for, and raises what it was given."""

    def __init__(self, errors=None):
        self.keys = []
        self.errors = errors or {}

    def __call__(self, document):
        self.keys.append(document.key)
        if document.key in self.errors:
            raise self.errors[document.key]
        return Report(document.key, Outcome.INDEXED)


def run(batch, reconcile, has_time=lambda: True):
    return process(batch, "ours", reconcile, has_time=has_time)


def test_events_of_one_document_are_one_look_at_it():
    reconcile = Reconciler()

    run(
        [
            message("1", "a.txt"),
            message("2", "a.txt", "b.txt"),
            message("3", "a.txt.metadata.json"),
        ],
        reconcile,
    )

    assert sorted(reconcile.keys) == ["a.txt", "b.txt"]


def test_every_message_of_a_document_that_failed_is_delivered_again():
    reconcile = Reconciler({"a.txt": VectorStoreUnavailableError("throttled")})

    result = run([message("1", "a.txt"), message("2", "a.txt"), message("3", "b.txt")], reconcile)

    assert set(result.failures) == {"1", "2"}
    assert [report.key for report in result.reports] == ["b.txt"]


def test_each_kind_of_passing_failure_fails_its_message_alone():
    errors = {
        "a": DocumentBusyError("busy", 60),
        "b": EmbeddingUnavailableError("throttled"),
        "c": CatalogConflictError("changed"),
    }

    result = run([message(key, key) for key in "abcd"], Reconciler(errors))

    assert set(result.failures) == {"a", "b", "c"}
    assert [report.key for report in result.reports] == ["d"]


def test_a_message_of_a_foreign_bucket_fails_alone():
    reconcile = Reconciler()

    result = run([message("1", "a.txt", bucket="theirs"), message("2", "b.txt")], reconcile)

    assert set(result.failures) == {"1"}
    assert reconcile.keys == ["b.txt"]


def test_documents_without_time_are_left():
    moments = iter([True, False, False])
    reconcile = Reconciler()

    result = run([message(key, key) for key in "abc"], reconcile, has_time=lambda: next(moments))

    assert reconcile.keys == ["a"]
    assert set(result.failures) == {"b", "c"}


def test_folders_are_nothing_to_look_at():
    result = run([message("1", "folder/")], Reconciler())

    assert (result.reports, result.failures) == ([], {})

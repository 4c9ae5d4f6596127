import json
from pathlib import Path

import pytest

from indexing.errors import EventError
from indexing.events import messages, requests
from indexing_queue import ReconcileRequest

EVENTS = Path(__file__).parents[2] / "events"
BUCKET = "dropvec-documents-123456789012-us-east-1"


def changed_keys(body, bucket):
    return [request.key for request in requests(body, bucket)]


def event(name):
    return json.loads((EVENTS / name).read_text())


def test_keys_of_s3_notifications_are_decoded_once():
    batch, from_sqs = messages(event("sqs-s3-put.json"))

    assert from_sqs
    assert [changed_keys(message.body, BUCKET) for message in batch] == [
        ["tenants/acme/reports/annual report+50%.txt"],
        ["grüße/😀.md"],
    ]


def test_a_bare_s3_event_is_one_message_without_sqs():
    (message,), from_sqs = messages(event("s3-put.json"))

    assert not from_sqs
    assert changed_keys(message.body, BUCKET) == ["README.md"]


def test_eventbridge_sends_keys_as_they_are():
    (message,), _ = messages(event("eventbridge-s3-put.json"))

    assert changed_keys(message.body, BUCKET) == ["reports/annual report+50%.txt"]


@pytest.mark.parametrize("form", ["s3", "eventbridge-s3"])
@pytest.mark.parametrize("happened", ["expired", "restored"])
def test_what_a_lifecycle_rule_or_a_restore_did_to_a_document_is_a_reason_to_look(form, happened):
    (message,), _ = messages(event(f"{form}-{happened}.json"))

    assert changed_keys(message.body, BUCKET) == ["reports/annual report+50%.txt"]


def test_the_test_event_of_a_new_notification_names_no_key():
    assert changed_keys(event("s3-test.json"), BUCKET) == []


def test_an_event_of_a_foreign_bucket_is_refused_with_both_names():
    with pytest.raises(EventError, match=r"'dropvec-documents-123456789012-us-east-1'.*'ours'"):
        changed_keys(event("s3-put.json"), "ours")


def test_a_request_of_dropvec_itself_comes_back_as_it_was_sent():
    request = ReconcileRequest(
        "ours", "grüße/a b+c%.md", check=True, suspects=("ab", "cd"), asked_by="1", asked_at=5
    )

    assert requests(request.to_message(), "ours") == [request]


@pytest.mark.parametrize("time", [None, "noon", -1, 1.5, [5], True])
def test_a_time_that_is_none_fails_no_request(time):
    body = {**json.loads(ReconcileRequest("ours", "a.txt").to_message()), "asked_at": time}

    assert requests(body, "ours") == [ReconcileRequest("ours", "a.txt")]


@pytest.mark.parametrize("asker", [None, 5, ["a"], {}])
def test_an_asker_that_is_no_message_fails_no_request(asker):
    body = {**json.loads(ReconcileRequest("ours", "a.txt").to_message()), "asked_by": asker}

    assert requests(body, "ours") == [ReconcileRequest("ours", "a.txt")]


def test_a_message_says_when_it_was_sent():
    batch, _ = messages(event("sqs-s3-put.json"))

    assert [message.sent_at for message in batch] == [1_793_610_921, 1_793_610_921]
    assert messages(event("s3-put.json"))[0][0].sent_at == 0


def test_a_request_for_a_foreign_bucket_is_refused():
    with pytest.raises(EventError, match=r"'theirs'.*'ours'"):
        requests(ReconcileRequest("theirs", "a.txt").to_message(), "ours")


@pytest.mark.parametrize(
    "body",
    [
        "not json",
        "[]",
        "{}",
        '{"Records": []}',
        '{"Records": [{"eventSource": "aws:ses"}]}',
        '{"Records": [{"eventSource": "aws:s3", "s3": {"bucket": {"name": "ours"}}}]}',
        '{"Records": [{"eventSource": "aws:s3", "s3": {"bucket": {"name": "ours"}, "object": {"key": ""}}}]}',
        '{"source": "aws.s3", "detail": {}}',
        "null",
        '{"kind": "dropvec.reconcile", "bucket": "ours"}',
        '{"kind": "dropvec.reconcile", "bucket": "ours", "key": "a.txt", "suspects": 5}',
        '{"kind": "dropvec.reconcile", "bucket": "ours", "key": "a.txt", "suspects": [5]}',
        '{"kind": "dropvec.reconcile", "bucket": "ours", "key": "a.txt", "suspects": "ab"}',
        '{"Records": ' + "9" * 5_000 + "}",
        "[" * 100_000,
    ],
    ids=lambda body: body[:90],
)
def test_what_is_no_notification_is_refused(body):
    with pytest.raises(EventError):
        changed_keys(body, "ours")

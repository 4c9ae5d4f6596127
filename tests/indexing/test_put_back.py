"""Documents that were not begun are asked for anew, and nothing of what was asked is lost."""

from datetime import UTC, datetime

from documents_bucket import document_key
from indexing.events import messages
from indexing.looks import Look, looks
from indexing.outcome import Outcome
from indexing.settler import Settler
from indexing_queue import ReconcileRequest
from indexing_queue.requests import MAX_SUSPECTS, QueueUnavailableError


class Queue:
    def __init__(self, error=None):
        self.sent = []
        self._error = error

    def send(self, requests):
        if self._error:
            raise self._error
        self.sent += requests


def look(key, *askers, suspects=(), check=False):
    return Look(document_key(key), askers, askers, check, frozenset(suspects))


def test_a_document_that_is_put_back_again_and_again_waits_since_it_was_first_asked_for():
    queue = Queue()
    record = {"eventSource": "aws:sqs", "messageId": "1", "attributes": {"SentTimestamp": "5000"}}
    body = ReconcileRequest("ours", "a.txt").to_message()
    for sent_at in ("7000", "9000"):
        [message], _ = messages({"Records": [record | {"body": body}]})
        [found], _ = looks([message], "ours")
        put_back(queue, found)
        body = queue.sent[-1].to_message()
        record["attributes"] = {"SentTimestamp": sent_at}

    assert [request.asked_at for request in queue.sent] == [5, 5]


def put_back(queue, *looks):
    settler = Settler(queue, "ours", clock=lambda: datetime.now(UTC))
    return list(settler.put_back(looks))


def test_each_message_is_stood_for_by_a_new_one():
    queue = Queue()

    [(_, report), _] = put_back(queue, look("a.txt", "1", "2", check=True), look("b.txt", "3"))

    assert report.outcome is Outcome.PUT_BACK
    assert queue.sent == [
        ReconcileRequest("ours", "a.txt", check=True, asked_by="1"),
        ReconcileRequest("ours", "a.txt", check=True, asked_by="2"),
        ReconcileRequest("ours", "b.txt", asked_by="3"),
    ]


def test_all_suspects_are_named_once_and_no_message_has_too_many():
    queue = Queue()
    suspects = {f"{number:032x}" for number in range(2 * MAX_SUSPECTS + 1)}

    put_back(queue, look("a.txt", "1", "2", suspects=suspects))

    named = [suspect for request in queue.sent for suspect in request.suspects]
    assert sorted(named) == sorted(suspects)
    assert [len(request.suspects) for request in queue.sent] == [MAX_SUSPECTS, MAX_SUSPECTS, 1]
    assert [request.asked_by for request in queue.sent] == ["1", "2", "1"]


def test_a_queue_that_takes_nothing_leaves_the_messages_where_they_are():
    error = QueueUnavailableError("throttled")

    assert [came for _, came in put_back(Queue(error), look("a.txt", "1"))] == [error]

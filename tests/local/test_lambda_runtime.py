"""The poller that stands for Lambda's between a queue and a function."""

from threading import Event

import pytest
from botocore.exceptions import ConnectionClosedError

from local import lambda_runtime
from local.lambda_runtime import QueuePoller

MESSAGE = {"MessageId": "1", "ReceiptHandle": "r", "Body": "b", "MD5OfBody": "m"}


class Queue:
    """Hands one message out until it is deleted; the first request of one operation breaks."""

    def __init__(self, breaks):
        self.breaks = breaks
        self.deleted = Event()

    def receive_message(self, **_):
        self._break("receive")
        return {"Messages": [] if self.deleted.is_set() else [MESSAGE]}

    def delete_message_batch(self, **_):
        self._break("delete")
        self.deleted.set()

    def _break(self, operation):
        if self.breaks == operation:
            self.breaks = ""
            raise ConnectionClosedError(endpoint_url="http://sqs.test")


@pytest.mark.parametrize("breaks", ["receive", "delete"])
def test_a_poller_outlives_a_queue_that_gives_no_answer_and_says_so(breaks, monkeypatch, caplog):
    monkeypatch.setattr(lambda_runtime, "RETRY_SECONDS", 0)
    queue = Queue(breaks)
    poller = QueuePoller(
        queue,
        "http://sqs.test/queue",
        lambda *_: {"batchItemFailures": []},
        batch_size=1,
        timeout_seconds=1,
    )

    with poller:
        assert queue.deleted.wait(timeout=10)

    (record,) = caplog.records
    assert "http://sqs.test/queue" in record.getMessage()
    assert record.exc_info[0] is ConnectionClosedError

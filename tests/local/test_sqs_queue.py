import json
import sys
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError
from moto.core import utils
from moto.sqs import models

from local import sqs_queue


class Queue:
    """One queue, and what its consumers do."""

    def __init__(self, sqs, **attributes):
        self._sqs = sqs
        self.name = f"queue-{uuid.uuid4().hex}"
        self._url = sqs.create_queue(QueueName=self.name, Attributes=attributes)["QueueUrl"]

    def do(self, operation, **parameters):
        return getattr(self._sqs, operation)(QueueUrl=self._url, **parameters)

    def send(self, count, **parameters):
        for number in range(count):
            self.do("send_message", MessageBody=str(number), **parameters)

    def receive(self, **parameters):
        answer = self.do(
            "receive_message", MaxNumberOfMessages=10, AttributeNames=["All"], **parameters
        )
        return answer.get("Messages", [])

    def delete(self, message):
        self.do("delete_message", ReceiptHandle=message["ReceiptHandle"])

    def show_at_once(self, message):
        self.do(
            "change_message_visibility",
            ReceiptHandle=message["ReceiptHandle"],
            VisibilityTimeout=0,
        )

    def counts(self):
        """How many messages wait, are with a consumer, and are delayed."""
        names = [f"ApproximateNumberOfMessages{which}" for which in ("", "NotVisible", "Delayed")]
        attributes = self.do("get_queue_attributes", AttributeNames=names)["Attributes"]
        return [int(attributes[name]) for name in names]


@pytest.fixture
def sqs(client):
    return client("sqs")


@pytest.fixture
def queue(sqs):
    return Queue(sqs)


@pytest.fixture
def switching():
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("switching")
def test_consumers_at_once_receive_every_message_once_and_none_comes_back(queue):
    queue.send(200)

    def consume(_):
        received = []
        while messages := queue.receive():
            received += [message["Body"] for message in messages]
            for message in messages:
                queue.delete(message)
        return received

    with ThreadPoolExecutor(8) as consumers:
        received = Counter(body for bodies in consumers.map(consume, range(8)) for body in bodies)

    assert received == {str(number): 1 for number in range(200)}
    assert queue.counts() == [0, 0, 0]


def test_a_request_reads_the_clock_as_often_in_a_long_queue_as_in_a_short_one(queue, monkeypatch):
    readings = Counter()

    def counting():
        readings["clock"] += 1
        return utils.unix_time_millis()

    for module in (models, sqs_queue):
        monkeypatch.setattr(module, "unix_time_millis", counting)

    def readings_of_a_round():
        readings.clear()
        queue.send(1)
        for message in queue.receive():
            queue.delete(message)
        return readings["clock"]

    queue.send(10)
    short = readings_of_a_round()
    queue.send(100)

    assert readings_of_a_round() == short


def test_messages_wait_or_are_with_a_consumer_or_are_delayed(queue):
    queue.send(3)
    queue.send(2, DelaySeconds=60)
    queue.receive()
    queue.send(4)

    assert queue.counts() == [4, 3, 2]


def test_a_message_comes_back_with_its_receives_counted(queue):
    queue.send(1)
    first = queue.receive()[0]
    assert queue.receive() == []
    queue.show_at_once(first)
    again = queue.receive()[0]

    counts = [m["Attributes"]["ApproximateReceiveCount"] for m in (first, again)]
    assert counts == ["1", "2"]


def test_an_earlier_receipt_deletes_a_message_too_and_twice_is_no_error(queue):
    queue.send(2)
    first, other = queue.receive()
    queue.show_at_once(first)
    queue.receive()

    queue.delete(first)
    queue.delete(first)

    assert queue.counts() == [0, 1, 0]
    queue.delete(other)
    assert queue.counts() == [0, 0, 0]


def test_an_unknown_receipt_is_refused(queue):
    queue.send(1)
    with pytest.raises(ClientError) as refused:
        queue.delete({"ReceiptHandle": "unknown"})
    assert refused.value.response["Error"]["Code"] == "ReceiptHandleIsInvalid"


def test_a_message_received_too_often_is_a_dead_letter(sqs):
    dead_letters = Queue(sqs)
    arn = f"arn:aws:sqs:us-east-1:123456789012:{dead_letters.name}"
    policy = {"deadLetterTargetArn": arn, "maxReceiveCount": 2}
    queue = Queue(sqs, RedrivePolicy=json.dumps(policy))
    queue.send(1)
    for _ in range(2):
        queue.show_at_once(queue.receive()[0])

    assert queue.receive() == []
    assert [message["Body"] for message in dead_letters.receive()] == ["0"]
    assert queue.counts() == [0, 0, 0]


def test_a_long_poll_keeps_no_sender_out(queue):
    with ThreadPoolExecutor(1) as consumer:
        polled = consumer.submit(queue.receive, WaitTimeSeconds=20)
        queue.send(1)
        messages = polled.result(timeout=10)
    assert [message["Body"] for message in messages] == ["0"]

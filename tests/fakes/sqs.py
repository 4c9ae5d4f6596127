"""One SQS queue with dead letters, in memory."""

from dataclasses import dataclass


@dataclass
class QueuedMessage:
    """A message of the queue."""

    message_id: str
    body: str
    visible_at: float
    receive_count: int = 0


class Queue:
    """A queue, and a client that knows no other; `seconds` is its clock."""

    def __init__(self, *, seconds, visibility_timeout, max_receive_count):
        self._seconds = seconds
        self._visibility_timeout = visibility_timeout
        self._max_receive_count = max_receive_count
        self._count = 0
        self.messages = {}
        self.dead_letters = []

    def send(self, body, *, delay_seconds=0):
        self._count += 1
        message = QueuedMessage(f"message-{self._count}", body, self._seconds() + delay_seconds)
        self.messages[message.message_id] = message

    def visible(self):
        """The messages that may be received now, in no order that counts."""
        return [
            message for message in self.messages.values() if message.visible_at <= self._seconds()
        ]

    def delivered(self):
        """The messages that were received, and not deleted."""
        return [message for message in self.messages.values() if message.receive_count]

    def receive(self, message):
        """The message as Lambda's event source mapping hands it on; None when it is a dead letter."""
        if message.receive_count == self._max_receive_count:
            self.dead_letters.append(self.messages.pop(message.message_id))
            return None
        message.receive_count += 1
        message.visible_at = self._seconds() + self._visibility_timeout
        return {
            "messageId": message.message_id,
            "receiptHandle": message.message_id,
            "body": message.body,
            "attributes": {"ApproximateReceiveCount": str(message.receive_count)},
            "eventSource": "aws:sqs",
        }

    def delete(self, message_id):
        self.messages.pop(message_id, None)

    def send_message_batch(self, *, QueueUrl, Entries):  # noqa: ARG002, N803 - botocore's
        for entry in Entries:
            self.send(entry["MessageBody"], delay_seconds=entry["DelaySeconds"])
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    def change_message_visibility_batch(self, *, QueueUrl, Entries):  # noqa: ARG002, N803
        for entry in Entries:
            message = self.messages.get(entry["ReceiptHandle"])
            if message:
                message.visible_at = self._seconds() + entry["VisibilityTimeout"]
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

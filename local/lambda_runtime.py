"""Lambda on this machine: handlers run in-process with the events and contexts that Lambda gives."""

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any, Self

from local.template import ACCOUNT_ID, REGION

logger = logging.getLogger(__name__)

MAX_BATCH_MESSAGES = 10
"""That SQS hands out, or deletes, at once."""

RETRY_SECONDS = 1
"""After which a queue is polled again that gave no answer."""

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class LocalContext:
    """The context object of one invocation."""

    function_name: str
    timeout_seconds: float
    memory_limit_in_mb: int = 1769
    function_version: str = "$LATEST"
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started: float = field(default_factory=time.monotonic)

    @property
    def invoked_function_arn(self) -> str:
        """The function's ARN."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda would stop the invocation."""
        return max(0, round(1000 * (self.started + self.timeout_seconds - time.monotonic())))


class QueuePoller:
    """An SQS event source mapping: batches in, partial failures left in the queue.

    Each poll waits `wait_seconds` for messages; a batch of more than ten is received in parts.
    """

    def __init__(
        self,
        sqs: Any,
        queue_url: str,
        handler: Handler,
        *,
        batch_size: int,
        timeout_seconds: float,
        wait_seconds: int = 1,
    ) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._handler = handler
        self._batch_size = batch_size
        self._timeout_seconds = timeout_seconds
        self._wait_seconds = wait_seconds
        self._stopping = Event()
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def poll(self) -> int:
        """Hand one batch to the function, and return how many messages it had."""
        messages = self._batch()
        if not messages:
            return 0
        context = LocalContext("indexing", self._timeout_seconds)
        try:
            answer = self._handler({"Records": [self._record(m) for m in messages]}, context)
        except Exception:
            # As in Lambda: every message of the batch stays in the queue.
            logger.exception("the function failed")
            return len(messages)
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        done = [message for message in messages if message["MessageId"] not in failed]
        for start in range(0, len(done), MAX_BATCH_MESSAGES):
            entries = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(done[start : start + MAX_BATCH_MESSAGES])
            ]
            self._sqs.delete_message_batch(QueueUrl=self._queue_url, Entries=entries)
        return len(messages)

    def _batch(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []
        while len(messages) < self._batch_size:
            received = self._sqs.receive_message(
                QueueUrl=self._queue_url,
                MaxNumberOfMessages=min(MAX_BATCH_MESSAGES, self._batch_size - len(messages)),
                WaitTimeSeconds=0 if messages else self._wait_seconds,
                AttributeNames=["All"],
            ).get("Messages", [])
            if not received:
                break
            messages += received
        return messages

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.poll()
            except Exception:
                # The messages come back, as in Lambda.
                logger.exception("%s could not be polled", self._queue_url)
                self._stopping.wait(RETRY_SECONDS)

    def _record(self, message: dict[str, Any]) -> dict[str, Any]:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {},
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{self._queue_url.rsplit('/', 1)[-1]}",
            "awsRegion": REGION,
        }

"""Dead letters, put back into the indexing queue as they are."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from indexing_queue.requests import MAX_BATCH_MESSAGES, QueueUnavailableError
from syncing.pace import Pace

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

VISIBILITY_SECONDS = 120
"""For so long nobody else takes a message that is on its way back."""

WAIT_SECONDS = 1
"""With a wait, SQS asks all its servers: without one, an empty answer says little."""


class DeadLetters:
    """The dead letter queue, and the queue that its messages came from."""

    def __init__(self, client: "SQSClient", *, dead_letters_url: str, queue_url: str) -> None:
        self._client = client
        self._dead_letters_url = dead_letters_url
        self._queue_url = queue_url

    def redrive(self, pace: Pace, *, ends: Callable[[], bool], moved: Callable[[int], None]) -> int:
        """Return how many messages were put back, when none is left or `ends` says so.

        A message is sent before it is deleted: one that is interrupted is there twice, which costs a
        comparison. `moved` is told of each batch. Raises QueueUnavailableError.
        """
        count = 0
        while not ends() and (messages := self._received()):
            pace.wait(len(messages))
            self._move(messages)
            count += len(messages)
            moved(len(messages))
        return count

    def _received(self) -> "list[MessageTypeDef]":
        try:
            answer = self._client.receive_message(
                QueueUrl=self._dead_letters_url,
                MaxNumberOfMessages=MAX_BATCH_MESSAGES,
                VisibilityTimeout=VISIBILITY_SECONDS,
                WaitTimeSeconds=WAIT_SECONDS,
            )
        except (BotoCoreError, ClientError) as error:
            raise QueueUnavailableError(f"{self._dead_letters_url}: {error}") from error
        return answer.get("Messages", [])

    def _move(self, messages: "list[MessageTypeDef]") -> None:
        try:
            sent = self._client.send_message_batch(
                QueueUrl=self._queue_url,
                Entries=[
                    {"Id": str(number), "MessageBody": message["Body"]}
                    for number, message in enumerate(messages)
                ],
            )
            deleted = self._client.delete_message_batch(
                QueueUrl=self._dead_letters_url,
                Entries=[
                    {
                        "Id": entry["Id"],
                        "ReceiptHandle": messages[int(entry["Id"])]["ReceiptHandle"],
                    }
                    for entry in sent.get("Successful", [])
                ],
            )
        except (BotoCoreError, ClientError) as error:
            raise QueueUnavailableError(f"{self._queue_url}: {error}") from error
        if failed := [*sent.get("Failed", []), *deleted.get("Failed", [])]:
            raise QueueUnavailableError(
                f"{len(failed)} of {len(messages)} messages were not put back, or are there twice: "
                f"{failed[0].get('Message', failed[0]['Code'])}"
            )

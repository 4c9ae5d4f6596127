"""When a message that failed is seen again: soon at first, then less and less often."""

import math
import random
from collections.abc import Mapping
from typing import TYPE_CHECKING

from indexing_queue.requests import MAX_BATCH_MESSAGES

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

FIRST_DELAY_SECONDS = 20
MAX_DELAY_SECONDS = 900


def retry_delay(receive_count: int, *, fraction: float | None = None) -> int:
    """Return the seconds until the next attempt: exponential, with full jitter, at most 900.

    Full jitter (a uniform share of the delay) spreads the messages that failed together.
    """
    ceiling = min(MAX_DELAY_SECONDS, FIRST_DELAY_SECONDS << min(receive_count - 1, 10))
    share = random.random() if fraction is None else fraction  # noqa: S311 - no secret
    return max(1, round(ceiling * share))


class Retries:
    """Sets when the failed messages of one queue are seen again."""

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def postpone(self, delays: Mapping[str, float]) -> list[str]:
        """Return with the messages hidden for so many seconds each, and not for the queue's own time-out.

        `delays` are by receipt handle. What is returned are the reasons for which SQS left single ones.
        """
        refused: list[str] = []
        each = list(delays.items())
        for start in range(0, len(each), MAX_BATCH_MESSAGES):
            part = each[start : start + MAX_BATCH_MESSAGES]
            answer = self._client.change_message_visibility_batch(
                QueueUrl=self._queue_url,
                Entries=[
                    {
                        "Id": str(position),
                        "ReceiptHandle": receipt_handle,
                        "VisibilityTimeout": math.ceil(seconds),
                    }
                    for position, (receipt_handle, seconds) in enumerate(part)
                ],
            )
            refused += [
                failed.get("Message", failed["Code"]) for failed in answer.get("Failed", ())
            ]
        return refused

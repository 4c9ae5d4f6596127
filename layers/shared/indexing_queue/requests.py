"""Requests to look at a document, as messages of the indexing queue."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Self, cast

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session
from msgspec import Struct

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_BATCH_MESSAGES: Final = 10
MAX_DELAY_SECONDS: Final = 900
MAX_SUSPECTS: Final = 500
"""Vector keys in one request: a batch of ten such messages stays under 256 KB, which SQS takes."""

KIND: Final = "dropvec.reconcile"

CLIENT_CONFIG: Final = Config(
    retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=2, read_timeout=5
)


def sqs_client(session: Session | None = None) -> "SQSClient":
    """Return a client of SQS with retries and time-outs set: 3 attempts, 5 s for an answer."""
    return cast("SQSClient", (session or Session()).create_client("sqs", config=CLIENT_CONFIG))


class QueueUnavailableError(Exception):
    """SQS did not take every message; which ones it took is not known."""


class ReconcileRequest(Struct, frozen=True):
    """Look at this key of the documents bucket, whatever may have happened to it."""

    bucket: str
    key: str
    """Of a document or of its sidecar."""
    check: bool = False
    """Also read back every vector of the document, though nothing may have changed."""
    suspects: tuple[str, ...] = ()
    """Vector keys (at most MAX_SUSPECTS) that were seen in the index and that nobody accounts for."""
    asked_by: str = ""
    """The id of the message that this one stands for; without one it stands for itself."""
    asked_at: int = 0
    """When the message that this one stands for was sent, in seconds since 1970; 0 without one."""

    @classmethod
    def from_message(cls, body: Mapping[str, Any]) -> Self | None:
        """Return the request that a message's JSON is; None for another kind of message."""
        match {"suspects": [], **body}:
            case {
                "kind": "dropvec.reconcile",
                "bucket": str(bucket),
                "key": str(key),
                "suspects": [*suspects],
                **rest,
            } if all(isinstance(suspect, str) for suspect in suspects):
                return cls(
                    bucket,
                    key,
                    rest.get("check") is True,
                    tuple(suspects),
                    _message_id(rest.get("asked_by")),
                    _seconds(rest.get("asked_at")),
                )
        return None

    def to_message(self) -> str:
        """Return the message's body."""
        body: dict[str, Any] = {"kind": KIND, "bucket": self.bucket, "key": self.key}
        if self.check:
            body["check"] = True
        if self.suspects:
            body["suspects"] = self.suspects
        if self.asked_by:
            body["asked_by"] = self.asked_by
        if self.asked_at:
            body["asked_at"] = self.asked_at
        return json.dumps(body)


def _message_id(value: object) -> str:
    """What another program wrote there is no id, and fails no message."""
    return value if isinstance(value, str) else ""


def _seconds(value: object) -> int:
    """Likewise, 0 for what is no time."""
    return value if isinstance(value, int) and value > 1 else 0  # True is 1


class ReconcileQueue:
    """The indexing queue, for those who put requests into it."""

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def waiting(self) -> int:
        """Return about how many messages nobody has taken up yet; QueueUnavailableError like `send`."""
        try:
            answer = self._client.get_queue_attributes(
                QueueUrl=self._queue_url, AttributeNames=["ApproximateNumberOfMessages"]
            )
        except (BotoCoreError, ClientError) as error:
            raise QueueUnavailableError(f"{self._queue_url}: {error}") from error
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def send(self, requests: Sequence[ReconcileRequest], *, delay_seconds: int = 0) -> None:
        """Return with all requests in the queue, to be seen after a delay of at most 900 seconds.

        Raises QueueUnavailableError when SQS did not take all of them; sending one twice does no harm.
        """
        for start in range(0, len(requests), MAX_BATCH_MESSAGES):
            part = requests[start : start + MAX_BATCH_MESSAGES]
            try:
                answer = self._client.send_message_batch(
                    QueueUrl=self._queue_url,
                    Entries=[
                        {
                            "Id": str(position),
                            "MessageBody": request.to_message(),
                            "DelaySeconds": delay_seconds,
                        }
                        for position, request in enumerate(part)
                    ],
                )
            except (BotoCoreError, ClientError) as error:
                raise QueueUnavailableError(f"{self._queue_url}: {error}") from error
            if failed := answer.get("Failed"):
                raise QueueUnavailableError(
                    f"{self._queue_url}: {len(failed)} of {len(part)} messages were not taken: "
                    f"{failed[0].get('Message', failed[0]['Code'])}"
                )

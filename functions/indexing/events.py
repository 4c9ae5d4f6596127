"""Events that say "look at these keys": S3's own, S3's through EventBridge, dropvec's, in SQS or bare."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from msgspec import Struct

from indexing.errors import EventError
from indexing_queue import ReconcileRequest

TEST_EVENT = "s3:TestEvent"
"""What S3 sends when a notification is configured."""


class Message(Struct, frozen=True):
    """One SQS message, or a whole event that came without SQS."""

    message_id: str
    body: Any
    receipt_handle: str = ""
    receive_count: int = 1
    sent_at: int = 0
    """In seconds since 1970; 0 where nobody says."""


def messages(event: Mapping[str, Any]) -> tuple[list[Message], bool]:
    """Return the event's messages, and whether they came through SQS."""
    records = event.get("Records")
    if isinstance(records, list) and records and records[0].get("eventSource") == "aws:sqs":
        return [
            Message(
                record["messageId"],
                record["body"],
                record.get("receiptHandle", ""),
                int(record.get("attributes", {}).get("ApproximateReceiveCount", 1)),
                int(record.get("attributes", {}).get("SentTimestamp", 0)) // 1000,
            )
            for record in records
        ], True
    return [Message("", event)], False


def requests(body: Any, bucket_name: str) -> list[ReconcileRequest]:
    """Return a request for each object key of this bucket that a message names, keys decoded.

    Raises EventError for what is no notification and no request, or is of another bucket.
    """
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except (ValueError, RecursionError) as error:
            # Not JSON, too deep, or with a number of too many digits.
            raise EventError(
                f"the message {body[:200]!r} cannot be read as JSON: {error}"
            ) from error
    if isinstance(body, dict):
        if body.get("Event") == TEST_EVENT:
            return []
        if request := ReconcileRequest.from_message(body):
            _check_bucket(request.bucket, bucket_name)
            return [request]
        if body.get("source") == "aws.s3" and isinstance(body.get("detail"), dict):
            # EventBridge sends keys as they are; only S3's own form encodes them.
            return [ReconcileRequest(bucket_name, _key(body["detail"], bucket_name))]
        records = body.get("Records")
        if isinstance(records, list) and records:
            keys = [unquote_plus(_key(_s3_part(record), bucket_name)) for record in records]
            return [ReconcileRequest(bucket_name, key) for key in keys]
    raise EventError(
        f"the event {json.dumps(body)[:200]} is no S3 notification: expected Records of aws:s3, "
        "EventBridge's form of them, a request of dropvec sync, or an SQS batch of these"
    )


def _s3_part(record: object) -> object:
    if isinstance(record, dict) and record.get("eventSource") == "aws:s3":
        return record.get("s3")
    return None


def _key(part: object, bucket_name: str) -> str:
    match part:
        case {"bucket": {"name": str(name)}, "object": {"key": str(key)}} if key:
            _check_bucket(name, bucket_name)
            return key
    raise EventError(f"the event names no bucket and key: {json.dumps(part)[:200]}")


def _check_bucket(name: str, bucket_name: str) -> None:
    if name != bucket_name:
        raise EventError(
            f"the event is of bucket {name!r}; this function indexes {bucket_name!r} only"
        )

"""Events that say "look at these keys": S3's own, S3's through EventBridge, and both in SQS messages."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from indexing.errors import EventError

TEST_EVENT = "s3:TestEvent"
"""What S3 sends when a notification is configured."""


@dataclass(frozen=True, slots=True)
class Message:
    """One SQS message, or a whole event that came without SQS."""

    message_id: str
    body: Any
    receipt_handle: str = ""
    receive_count: int = 1


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
            )
            for record in records
        ], True
    return [Message("", event)], False


def changed_keys(body: Any, bucket_name: str) -> list[str]:
    """Return the object keys that a notification of this bucket names, decoded.

    Raises EventError for what is no such notification, or is of another bucket.
    """
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except json.JSONDecodeError as error:
            raise EventError(f"the message {body[:200]!r} is not JSON: {error}") from error
    if isinstance(body, dict):
        if body.get("Event") == TEST_EVENT:
            return []
        if body.get("source") == "aws.s3" and isinstance(body.get("detail"), dict):
            # EventBridge sends keys as they are; only S3's own form encodes them.
            return [_key(body["detail"], bucket_name)]
        records = body.get("Records")
        if isinstance(records, list) and records:
            return [unquote_plus(_key(_s3_part(record), bucket_name)) for record in records]
    raise EventError(
        f"the event {json.dumps(body)[:200]} is no S3 notification: expected Records of aws:s3, "
        "EventBridge's form of them, or an SQS batch of either"
    )


def _s3_part(record: object) -> object:
    if isinstance(record, dict) and record.get("eventSource") == "aws:s3":
        return record.get("s3")
    return None


def _key(part: object, bucket_name: str) -> str:
    match part:
        case {"bucket": {"name": str(name)}, "object": {"key": str(key)}} if key:
            if name != bucket_name:
                raise EventError(
                    f"the event is of bucket {name!r}; this function indexes {bucket_name!r} only"
                )
            return key
    raise EventError(f"the event names no bucket and key: {json.dumps(part)[:200]}")

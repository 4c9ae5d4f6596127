"""What moto's S3 leaves out: on a versioned bucket, its deletions notify nobody."""

from functools import wraps
from types import SimpleNamespace
from typing import Any

from moto.s3.models import S3Backend
from moto.s3.notifications import S3NotificationEvent, send_event

_DELETE_OBJECT = S3Backend.delete_object


def notify_of_deletions() -> None:
    """Make deletions in versioned buckets send the events that S3 sends."""
    setattr(S3Backend, _DELETE_OBJECT.__name__, _notifying_delete_object)


@wraps(_DELETE_OBJECT)
def _notifying_delete_object(
    self: Any, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
) -> tuple[bool, dict[str, Any]]:
    done, answer = _DELETE_OBJECT(self, bucket_name, key_name, version_id, bypass)
    bucket = self.get_bucket(bucket_name)
    if done and bucket.is_versioned and (version_id is None or bucket.keys.getlist(key_name)):
        send_event(
            self.account_id,
            S3NotificationEvent.OBJECT_REMOVED_DELETE_EVENT
            if version_id
            else S3NotificationEvent.OBJECT_REMOVED_DELETE_MARKER_CREATED_EVENT,
            bucket,
            SimpleNamespace(name=key_name, etag='""', size=0),
        )
    return done, answer

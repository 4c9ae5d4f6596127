"""Where moto's S3 notifies otherwise than S3: of deletions, of tags, and of uploads in parts."""

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from functools import wraps
from types import SimpleNamespace
from typing import Any

from moto.s3 import notifications
from moto.s3.models import FakeDeleteMarker, S3Backend
from moto.s3.notifications import S3NotificationEvent as Event
from moto.s3.responses import S3Response

_DELETE_OBJECT = S3Backend.delete_object
_COMPLETE_MULTIPART_UPLOAD = S3Backend.complete_multipart_upload
_PUT_OBJECT_TAGGING = S3Response.put_object_tagging
_SEND_EVENT = notifications.send_event

_unsent: ContextVar[frozenset[Event]] = ContextVar(
    "_unsent", default=frozenset({Event.OBJECT_TAGGING_PUT_EVENT})
)
"""What moto says beside the event of the request in hand: it tags each object that it creates."""


def notify_as_s3() -> None:
    """Make every request in moto send the events that S3 sends, and no others."""
    setattr(S3Backend, _DELETE_OBJECT.__name__, _delete_object)
    setattr(
        S3Backend,
        _COMPLETE_MULTIPART_UPLOAD.__name__,
        _not_sending(
            (Event.OBJECT_CREATED_PUT_EVENT, Event.OBJECT_TAGGING_PUT_EVENT),
            _COMPLETE_MULTIPART_UPLOAD,
        ),
    )
    setattr(S3Response, _PUT_OBJECT_TAGGING.__name__, _not_sending((), _PUT_OBJECT_TAGGING))
    setattr(notifications, _SEND_EVENT.__name__, _send_event)


@wraps(_DELETE_OBJECT)
def _delete_object(
    self: Any, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
) -> tuple[bool, dict[str, Any]]:
    """In a versioned bucket, moto notifies nobody."""
    done, answer = _DELETE_OBJECT(self, bucket_name, key_name, version_id, bypass)
    bucket = self.get_bucket(bucket_name)
    if done and bucket.is_versioned and (version_id is None or bucket.keys.getlist(key_name)):
        _SEND_EVENT(
            self.account_id,
            Event.OBJECT_REMOVED_DELETE_EVENT
            if version_id
            else Event.OBJECT_REMOVED_DELETE_MARKER_CREATED_EVENT,
            bucket,
            SimpleNamespace(name=key_name, etag='""', size=0),
        )
    return done, answer


def _not_sending(events: Iterable[Event], request: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(request)
    def carry_out(*arguments: Any, **named: Any) -> Any:
        before = _unsent.set(frozenset(events))
        try:
            return request(*arguments, **named)
        finally:
            _unsent.reset(before)

    return carry_out


@wraps(_SEND_EVENT)
def _send_event(account_id: str, event_name: Event, bucket: Any, key: Any) -> None:
    if isinstance(key, FakeDeleteMarker):  # moto would look for its content
        key = SimpleNamespace(name=key.name, etag='""', size=0)
    if event_name not in _unsent.get():
        _SEND_EVENT(account_id, event_name, bucket, key)

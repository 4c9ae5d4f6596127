"""Where moto's SQS loses and repeats messages under several consumers, and slows with their number."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from moto.core.utils import unix_time, unix_time_millis
from moto.sqs.exceptions import ReceiptHandleIsInvalid
from moto.sqs.models import Message, Queue, SQSBackend

_RECEIVE_MESSAGE = SQSBackend.receive_message
_CHANGE_MESSAGE_VISIBILITY = SQSBackend.change_message_visibility
_PURGE_QUEUE = SQSBackend.purge_queue
_DELETE_MESSAGE = Queue.delete_message
_IS_RETAINED = SQSBackend.is_message_valid_based_on_retention_period


def queue_as_sqs() -> None:
    """Make each request have a queue to itself, and look at each message at most a few times.

    Unlocked, two deletions at once bring back one of the messages, and two receipts share one. And
    moto reads the clock for every message of the queue, 3 times to send one and 36 to receive one:
    with 10,000 messages, a batch of ten takes it seconds.
    """
    for request in (_RECEIVE_MESSAGE, _CHANGE_MESSAGE_VISIBILITY, _PURGE_QUEUE):
        setattr(SQSBackend, request.__name__, _alone(request))
    setattr(SQSBackend, _IS_RETAINED.__name__, _is_retained)
    setattr(Queue, _DELETE_MESSAGE.__name__, _delete_message)
    for name, measure in _MEASURES.items():
        setattr(Queue, name, property(measure))


def _alone(request: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(request)
    def carry_out(self: Any, queue_name: str, *arguments: Any, **named: Any) -> Any:
        # Reentrant, and given up by whoever waits for messages: a long poll keeps nobody out.
        with self.get_queue(queue_name)._messages_lock:  # noqa: SLF001 - moto's own lock
            return request(self, queue_name, *arguments, **named)

    return carry_out


@wraps(_DELETE_MESSAGE)
def _delete_message(self: Any, receipt_handle: str) -> None:
    with self._messages_lock:
        if receipt_handle in self.deleted_messages:
            return
        for place, message in enumerate(self._messages):
            if message.receipt_handle == receipt_handle or message.had_receipt_handle(
                receipt_handle
            ):
                del self._messages[place]
                self.pending_messages.discard(message)
                self.deleted_messages.update(message.all_receipt_handles)
                return
        raise ReceiptHandleIsInvalid


@wraps(_IS_RETAINED)
def _is_retained(self: Any, queue_name: str, message: Any) -> bool:
    """Moto asks for all attributes of the queue, and so counts its messages."""
    period: int = self.get_queue(queue_name).message_retention_period
    sent: float = message.sent_timestamp / 1000
    return sent + period > unix_time()


def _visible(queue: Any) -> list[Message]:
    now = unix_time_millis()
    return [m for m in queue._messages if m.visible_at < now and m.delayed_until <= now]  # noqa: SLF001


def _count_not_visible(queue: Any) -> int:
    now = unix_time_millis()
    return sum(m.visible_at >= now for m in queue._messages)  # noqa: SLF001


def _count_delayed(queue: Any) -> int:
    now = unix_time_millis()
    return sum(m.delayed_until > now for m in queue._messages)  # noqa: SLF001


_MEASURES = {
    "messages": _visible,
    "approximate_number_of_messages_not_visible": _count_not_visible,
    "approximate_number_of_messages_delayed": _count_delayed,
}

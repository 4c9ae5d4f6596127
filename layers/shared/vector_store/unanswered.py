"""Attempts at a request without an answer that says what came of it: the client repeats them, and each may
be carried out late.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3vectors import S3VectorsClient


def _nobody() -> None:
    """Nobody asks."""


_to_tell: ContextVar[Callable[[], None]] = ContextVar("to_tell", default=_nobody)


def watch_attempts(client: "S3VectorsClient") -> None:
    """Have `told_of_unanswered` hear of each attempt of the client's."""
    event = "response-received.s3vectors"
    client.meta.events.register(event, _tell, unique_id="dropvec_unanswered")


@contextmanager
def told_of_unanswered(tell: Callable[[], None]) -> Iterator[None]:
    """Call `tell` for each attempt, at the requests that this thread makes within, that had no answer.

    A time-out or a broken connection says nothing of whether, or when, the request is carried out,
    whatever the next attempt is answered; nor does a failure of the service (408 and 5xx). A refusal
    does, throttling (429, 503) too.
    """
    token = _to_tell.set(tell)
    try:
        yield
    finally:
        _to_tell.reset(token)


def _tell(response_dict: dict[str, Any] | None, **_: Any) -> None:
    if response_dict is None or _says_nothing(response_dict["status_code"]):
        _to_tell.get()()


def _says_nothing(status: int) -> bool:
    is_failure = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    is_refusal = status == HTTPStatus.SERVICE_UNAVAILABLE
    return status == HTTPStatus.REQUEST_TIMEOUT or (is_failure and not is_refusal)

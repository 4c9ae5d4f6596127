"""One invocation's messages: each document is looked at once, and fails alone."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct, field

from catalog import CatalogError
from embedding import EmbeddingError
from indexing.errors import EventError, TemporaryError
from indexing.events import Message
from indexing.looks import Look, earliest, looks
from indexing.outcome import Report
from indexing_queue.requests import QueueUnavailableError
from vector_store.errors import VectorStoreError

FORESEEN_ERRORS = (
    CatalogError,
    EmbeddingError,
    EventError,
    QueueUnavailableError,
    TemporaryError,
    VectorStoreError,
)
"""What may fail a message without being a mistake of this program."""


class BatchResult(Struct):
    """What came of a batch: a report per document, and per failed message the error and its document."""

    reports: list[Report] = field(default_factory=list)
    failures: dict[str, Exception] = field(default_factory=dict)
    failed_keys: dict[str, str] = field(default_factory=dict)
    """A message of several documents fails for the last of them that failed."""
    asked_at: int = 0
    """When the document that waits longest was first asked for, in seconds since 1970; 0 if not known."""


def process(
    messages: Sequence[Message],
    bucket_name: str,
    reconcile: Callable[[Iterable[Look]], Iterator[tuple[Look, Report | Exception]]],
) -> BatchResult:
    """Reconcile every document that the messages name, each once.

    A message fails when it is no event of the bucket, or when one of its documents has to be
    looked at again; the other messages are not affected.
    """
    asked, refused = looks(messages, bucket_name)
    result = BatchResult(
        failures=dict(refused), asked_at=earliest(*(look.asked_at for look in asked))
    )
    for look, outcome in reconcile(asked):
        if isinstance(outcome, Report):
            result.reports.append(outcome)
        else:
            result.failures |= dict.fromkeys(look.message_ids, outcome)
            result.failed_keys |= dict.fromkeys(look.message_ids, look.document.key)
    return result

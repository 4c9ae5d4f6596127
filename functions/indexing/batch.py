"""One invocation's messages: each document is looked at once, and fails alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from catalog import CatalogError
from embedding import EmbeddingError
from indexing.document_key import DocumentKey, document_key
from indexing.errors import EventError, TemporaryError
from indexing.events import Message, changed_keys
from indexing.report import Report
from vector_store.errors import VectorStoreError

FORESEEN_ERRORS = (
    CatalogError,
    EmbeddingError,
    EventError,
    TemporaryError,
    VectorStoreError,
)
"""What may fail a message without being a mistake of this program."""


@dataclass(slots=True)
class BatchResult:
    """What came of a batch: a report per document, and per failed message the error."""

    reports: list[Report] = field(default_factory=list)
    failures: dict[str, Exception] = field(default_factory=dict)


class OutOfTimeError(TemporaryError):
    """The invocation ended before the document's turn."""


def process(
    messages: Sequence[Message],
    bucket_name: str,
    reconcile: Callable[[DocumentKey], Report],
    *,
    has_time: Callable[[], bool],
) -> BatchResult:
    """Reconcile every document that the messages name, each once.

    A message fails when it is no event of the bucket, or when one of its documents has to be
    looked at again; the other messages are not affected. Documents that `has_time` says no to
    are left for a later invocation.
    """
    result = BatchResult()
    for document, message_ids in _documents(messages, bucket_name, result).items():
        if not has_time():
            error = OutOfTimeError(f"no time was left for {document.key}")
            result.failures |= dict.fromkeys(message_ids, error)
            continue
        try:
            result.reports.append(reconcile(document))
        except Exception as error:  # noqa: BLE001 - one document must not fail the others
            result.failures |= dict.fromkeys(message_ids, error)
    return result


def _documents(
    messages: Sequence[Message], bucket_name: str, result: BatchResult
) -> Mapping[DocumentKey, set[str]]:
    documents: dict[DocumentKey, set[str]] = {}
    for message in messages:
        try:
            keys = changed_keys(message.body, bucket_name)
        except EventError as error:
            result.failures[message.message_id] = error
            continue
        for key in keys:
            document = document_key(key)
            if document:
                documents.setdefault(document, set()).add(message.message_id)
    return documents

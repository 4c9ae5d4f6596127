"""Looks at documents, as messages ask for them: each document once, whatever its messages say."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from documents_bucket import DocumentKey, document_key
from indexing.errors import EventError
from indexing.events import Message, requests


class Look(Struct, frozen=True):
    """A document that is to be compared with its index, and the messages that ask for it."""

    document: DocumentKey
    message_ids: tuple[str, ...]
    asked_by: tuple[str, ...]
    """The same, or the ids of earlier messages that these stand for: the document's holder has one."""
    check: bool = False
    """Whether every vector is to be read back."""
    suspects: frozenset[str] = frozenset()
    """Vector keys that were seen in the index and that nobody accounts for."""
    asked_at: int = 0
    """When the first of the messages was sent, or of those that they stand for, in seconds since 1970;
    0 where nobody says."""


def earliest(*times: int) -> int:
    """Return the first of the times that are known, 0 being none."""
    return min(filter(None, times), default=0)


def looks(
    messages: Sequence[Message], bucket_name: str
) -> tuple[list[Look], dict[str, EventError]]:
    """Return the looks that the messages ask for, and by its id each message that asks for none validly."""
    found: dict[DocumentKey, Look] = {}
    failures: dict[str, EventError] = {}
    for message in messages:
        try:
            asked = requests(message.body, bucket_name)
        except EventError as error:
            failures[message.message_id] = error
            continue
        for request in asked:
            document = document_key(request.key)
            if document is None:
                continue
            look = found.get(document, Look(document, (), ()))
            ids = dict.fromkeys((*look.message_ids, message.message_id))
            askers = dict.fromkeys((*look.asked_by, request.asked_by or message.message_id))
            found[document] = replace(
                look,
                message_ids=tuple(ids),
                asked_by=tuple(askers),
                check=look.check or request.check,
                suspects=look.suspects.union(request.suspects),
                asked_at=earliest(look.asked_at, request.asked_at or message.sent_at),
            )
    return list(found.values()), failures

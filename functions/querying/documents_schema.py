"""What is asked about documents, and what is answered, as HTTP carries them."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypedDict

from msgspec import Meta, Struct

from querying.errors import InvalidFieldError
from querying.query_schema import MAX_TOKEN_CHARACTERS
from querying.validation import from_values

MAX_KEY_BYTES = 1_024
"""As `documents_bucket.keys` has it, which a question should not have to load for a number."""

MAX_LIMIT = 100
DEFAULT_LIMIT = 50

State = Literal["INDEXING", "INDEXED", "FAILED"]
"""On its way into the index, in it, or refused: the last good version, if any, is still searchable."""


_Key = Annotated[str, Meta(min_length=1, max_length=MAX_KEY_BYTES)]


class DocumentsRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which documents are asked for: those that all of it is true of."""

    key: _Key | None = None
    """One document, by its key in the documents bucket, of at most 1,024 bytes in UTF-8; 404 where
    there is none."""
    state: State | None = None
    prefix: _Key | None = None
    """What their keys in the documents bucket begin with, at most 1,024 bytes in UTF-8."""
    link: bool = False
    """Whether each comes with a link to its source."""
    limit: Annotated[int, Meta(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    """How many a page has at most."""
    next_token: (
        Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]+$", max_length=MAX_TOKEN_CHARACTERS)] | None
    ) = None
    """From the answer before, with the rest of its request unchanged: the page that follows."""

    def __post_init__(self) -> None:
        for field in ("key", "prefix"):
            size = len((getattr(self, field) or "").encode())
            if size > MAX_KEY_BYTES:
                raise InvalidFieldError(
                    field, f"a key has at most {MAX_KEY_BYTES:,} bytes in UTF-8, not {size:,}"
                )

    @classmethod
    def of_query_string(cls, parameters: Mapping[str, str]) -> "DocumentsRequest":
        """Return what the parameters of a URL ask for, which are texts all of them.

        Raises InvalidFieldError.
        """
        values: dict[str, Any] = dict(parameters)
        if parameters.get("link") in _BOOLEANS:
            values["link"] = _BOOLEANS[parameters["link"]]
        if _WHOLE_NUMBER.fullmatch(parameters.get("limit", "")):
            values["limit"] = int(parameters["limit"])
        return from_values(values, cls)


_BOOLEANS = {"true": True, "false": False}
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}", re.ASCII)


class Link(TypedDict):
    """A URL that opens a document's source for a while, for whoever has it."""

    url: str
    expires_at: str
    """ISO 8601, UTC."""


class Document(TypedDict):
    """What is known of one document."""

    key: str
    """In the documents bucket."""
    uri: str
    state: State
    chunks: int
    """Of the last version that was indexed: how many passages of it can be found."""
    error: str | None
    """Why the state is FAILED; in another state, only that the last attempt did not succeed."""
    attempts: int
    """Since a version was last brought to an end."""
    version_id: str | None
    """The object version that was indexed or tried last; null in a bucket without versions."""
    etag: str | None
    size: int
    """In bytes."""
    content_type: str | None
    last_modified: str | None
    """When the object was written; all times in ISO 8601, UTC."""
    created_at: str
    indexed_at: str | None
    updated_at: str
    link: Link | None
    """Null unless it was asked for."""


class DocumentsAnswer(TypedDict):
    """A page of documents. It may have fewer than asked for, even none, and still not be the last."""

    documents: list[Document]
    next_token: str | None
    """Leads to the page that follows; null on the last."""
    tenant_id: str
    index: str

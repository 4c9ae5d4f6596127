"""Reading any document: the one way in for all formats."""

from functools import cache
from typing import TYPE_CHECKING

from indexing.errors import DocumentTooLargeError, UnreadableDocumentError
from indexing.extracted_text import ExtractedText
from indexing.loaders import media_types as types
from indexing.loaders.formats import load_format
from indexing.loaders.isolation import Reader

if TYPE_CHECKING:
    from vector_store import TenantId

MAX_DOCUMENT_BYTES = 100 * 1024 * 1024

# Read in one pass by plain code of this package, in memory that is in proportion to the file. A row of
# CSV is not: ten million empty cells are ten megabytes, and as many objects.
_HARMLESS = {types.TEXT, types.MARKDOWN}


def load_document(
    body: bytes, *, key: str, content_type: str | None, tenant_id: "TenantId | None" = None
) -> ExtractedText:
    """Return the document that an object of the tenant is, by its bytes, key and content type.

    Its text holds more than white space, no NUL character and no lone surrogate. Raises
    UnsupportedTypeError, UnreadableDocumentError or DocumentTooLargeError for an object that is no
    such document; hostile ones cost no more than `isolation` allows.
    """
    kind = types.media_type(key, content_type)
    if len(body) > MAX_DOCUMENT_BYTES:
        raise DocumentTooLargeError(
            f"{key} has {len(body):,} bytes; the limit is {MAX_DOCUMENT_BYTES:,}"
        )
    charset = types.stated_charset(content_type)
    if kind in _HARMLESS:
        document = load_format(kind, body, key=key, charset=charset)
    else:
        document = _reader().load(kind, body, key=key, charset=charset, tenant_id=tenant_id)
    if not document.text or document.text.isspace():
        raise UnreadableDocumentError(f"{key} holds no text")
    return document


@cache
def _reader() -> Reader:
    return Reader()

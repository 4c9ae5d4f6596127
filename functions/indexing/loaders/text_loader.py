"""Plain text."""

from indexing.document import Document
from indexing.loaders.decoding import decode


def load(body: bytes, *, key: str, charset: str | None) -> Document:
    """Return the text as it is."""
    return Document(decode(body, key=key, charset=charset, is_whole_text=True))

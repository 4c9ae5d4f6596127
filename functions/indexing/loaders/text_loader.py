"""Plain text."""

from indexing.extracted_text import ExtractedText
from indexing.loaders.decoding import decode


def load(body: bytes, *, key: str, charset: str | None) -> ExtractedText:
    """Return the text as it is."""
    return ExtractedText(decode(body, key=key, charset=charset, is_whole_text=True))

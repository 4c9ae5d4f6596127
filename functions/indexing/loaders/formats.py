"""Which module reads which format."""

import re
from importlib import import_module
from typing import Protocol

from msgspec.structs import replace

from indexing.extracted_text import ExtractedText
from indexing.loaders import media_types as types
from indexing.loaders.block_text import check_length

_LOADERS = {
    types.TEXT: "text_loader",
    types.MARKDOWN: "markdown_loader",
    types.HTML: "html_loader",
    types.PDF: "pdf_loader",
    types.DOCX: "docx_loader",
    types.CSV: "csv_loader",
    types.JSON: "json_loader",
    types.JSON_LINES: "json_loader",
}

# What no UTF-8 has, and what much software takes for the end of a text. JSON can spell out both.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class Load(Protocol):
    """What the module of a format offers as `load`."""

    def __call__(self, body: bytes, *, key: str, charset: str | None) -> ExtractedText:
        """Return the document; `charset` is what the content type says, if it says."""
        ...


def load_format(media_type: str, body: bytes, *, key: str, charset: str | None) -> ExtractedText:
    """Return the document that `body` is, read by the loader of its canonical type.

    The loader is imported now: a cold start does not pay for the parsers that it will not need.
    """
    load: Load = import_module(f"indexing.loaders.{_LOADERS[media_type]}").load
    document = load(body, key=key, charset=charset)
    check_length(len(document.text), key)
    return _storable(document)


def _storable(document: ExtractedText) -> ExtractedText:
    """Replace what no vector service stores, one character for another: offsets stay true."""
    if not (_UNSTORABLE.search(document.text) or _UNSTORABLE.search(document.title or "")):
        return document
    return replace(
        document,
        text=_UNSTORABLE.sub(_REPLACEMENT, document.text),
        title=document.title and _UNSTORABLE.sub(_REPLACEMENT, document.title),
        headings=tuple(
            replace(heading, text=_UNSTORABLE.sub(_REPLACEMENT, heading.text))
            for heading in document.headings
        ),
    )

"""HTML: the content of the page, without what surrounds it on every page of the site."""

import re

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from indexing.document import Document
from indexing.loaders.decoding import decode
from indexing.loaders.html_content import HtmlContent

CHARSET_WITHIN_BYTES = 1_024
"""Where the HTML standard has readers look for the page's own word on its encoding."""

_CHARSET = re.compile(
    rb"""<(?:meta|\?xml)\s[^>]*(?:charset|encoding)\s*=\s*["']?([\w-]+)""", re.IGNORECASE
)


def load(body: bytes, *, key: str, charset: str | None) -> Document:
    """Return the page's content; its title is the page's title, else the first top heading."""
    markup = decode(body, key=key, charset=charset or _own_charset(body))
    try:
        page = LexborHTMLParser(markup)
    except SelectolaxError as error:
        # Any text can be parsed as HTML; what failed is to get memory for it.
        raise MemoryError from error
    title = page.head.css_first("title") if page.head else None
    mains = page.css("main, [role=main]")
    for root in (*(mains if len(mains) == 1 else ()), page.body):
        if root is not None:
            content = HtmlContent(root, key)
            if content.text.length:
                return content.text.document(title.text() if title else None)
    return Document("")


def _own_charset(body: bytes) -> str | None:
    stated = _CHARSET.search(body[:CHARSET_WITHIN_BYTES])
    # A page that can be read so far is not in UTF-16, whatever it says.
    return stated[1].decode() if stated and not stated[1].lower().startswith(b"utf-16") else None

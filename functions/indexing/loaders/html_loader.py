"""HTML: the content of the page, without what surrounds it on every page of the site."""

import re
from collections import Counter

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from indexing.errors import DocumentTooLargeError
from indexing.extracted_text import ExtractedText
from indexing.loaders.decoding import decode
from indexing.loaders.html_content import HtmlContent

CHARSET_WITHIN_BYTES = 1_024
"""Where the HTML standard has readers look for the page's own word on its encoding."""

MAX_DEPTH = 5_000
"""Containers within one another; a page has tens of them. What is deeper takes the parser time in the
square of the depth: with each block it looks through all that are open."""

# What only its end tag ends; many pages leave out those of paragraphs, items and cells.
_CONTAINER_TAGS = re.compile(
    r"<(/?)(address|article|aside|blockquote|center|details|dialog|div|dl|fieldset|figcaption|figure"
    r"|footer|form|header|hgroup|main|menu|nav|ol|section|summary|table|ul)(?=[\s/>])",
    re.IGNORECASE,
)

_CHARSET = re.compile(
    rb"""<(?:meta|\?xml)\s[^>]*(?:charset|encoding)\s*=\s*["']?([\w-]+)""", re.IGNORECASE
)


def load(body: bytes, *, key: str, charset: str | None) -> ExtractedText:
    """Return the page's content; its title is the page's title, else the first top heading.

    Raises DocumentTooLargeError where containers are nested more than MAX_DEPTH deep.
    """
    markup = decode(body, key=key, charset=charset or _own_charset(body))
    _check_depth(markup, key)
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
    return ExtractedText("")


def _check_depth(markup: str, key: str) -> None:
    """Look at the tags alone, which takes time in the markup's length."""
    path: list[str] = []
    opened: Counter[str] = Counter()
    for tag in _CONTAINER_TAGS.finditer(markup):
        name = tag[2].lower()
        if not tag[1]:
            path.append(name)
            opened[name] += 1
            if len(path) > MAX_DEPTH:
                raise DocumentTooLargeError(
                    f"{key} has elements nested more than {MAX_DEPTH:,} deep, such as <{name}>: close "
                    "those that lack an end tag, or flatten it"
                )
            continue
        while opened[name]:  # ends with the innermost of that name
            ended = path.pop()
            opened[ended] -= 1
            if ended == name:
                break


def _own_charset(body: bytes) -> str | None:
    stated = _CHARSET.search(body[:CHARSET_WITHIN_BYTES])
    # A page that can be read so far is not in UTF-16, whatever it says.
    return stated[1].decode() if stated and not stated[1].lower().startswith(b"utf-16") else None

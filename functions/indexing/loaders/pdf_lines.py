"""The lines of a PDF's page, and where they stand: PDF itself knows no paragraphs or headings."""

import re

from msgspec import Struct
from pypdfium2 import PdfPage, PdfTextPage
from pypdfium2.raw import FS_RECTF, FPDFText_GetFontSize, FPDFText_GetLooseCharBox

# What PDFium puts where a word was hyphenated at the end of a line, in place of the line's end.
_HYPHENATION = re.compile("[\ufffe\x02\xad]")
# The dots that lead from a title to its page in a table of contents.
_LEADERS = re.compile(r"(?:[ ]?\.){5,}")

MIN_SIZE = 3
"""Below it, a program has scaled the page and not the font: then the letters' boxes tell its size."""


class Line(Struct, frozen=True):
    """A line of text; places in points from the page's lower left corner, all 0 where unknown."""

    text: str
    left: float = 0
    right: float = 0
    top: float = 0
    size: float = 0
    """The font's size, in points or in proportion to them."""
    last_top: float = 0
    """The top of its last character: lower than `top` where a hyphenated word joined two lines."""


def page_lines(page: PdfPage) -> list[Line]:
    """Return the page's lines that hold more than white space, in PDFium's reading order."""
    text_page = page.get_textpage()
    text = text_page.get_text_range()
    # Characters are asked for by their number: that is their place in the text unless some are
    # outside of Unicode's basic plane.
    located = len(text) == text_page.count_chars()
    lines, at = [], 0
    for raw in re.split("(\r\n|\r|\n)", text):
        shown = raw.strip()
        if shown:
            first = at + raw.index(shown[0])
            last = first + len(shown) - 1
            text = _LEADERS.sub(" …", _HYPHENATION.sub("", shown))
            lines.append(_located(text, text_page, first, last) if located else Line(text))
        at += len(raw)
    return lines


def _located(text: str, text_page: PdfTextPage, first: int, last: int) -> Line:
    box, last_box = FS_RECTF(), FS_RECTF()
    FPDFText_GetLooseCharBox(text_page, first, box)
    FPDFText_GetLooseCharBox(text_page, last, last_box)
    size = FPDFText_GetFontSize(text_page, first)
    if size < MIN_SIZE:
        size = box.top - box.bottom
    return Line(text, box.left, last_box.right, box.top, size, last_box.top)

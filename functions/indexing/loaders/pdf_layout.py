"""Paragraphs and headings of a PDF, told from the places and sizes of its lines.

Larger type than most of the text has is a heading; more space than between most lines, or an
indented line after a short one, begins a paragraph; a line that reaches the right edge of its
column goes on in the next.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

from msgspec import Struct, field

from indexing.extracted_text import Heading
from indexing.loaders.block_text import PARAGRAPH
from indexing.loaders.pdf_lines import Line
from indexing.loaders.pdf_running_lines import without_running_lines

HEADING_RATIO = 1.08
"""Type this much larger than the body's is a heading's."""

MAX_HEADING_CHARACTERS = 160
MAX_HEADING_SHARE = 0.25
"""Of all characters; where more is in larger type, it is not headings that it shows."""

PARAGRAPH_PITCH = 1.25
"""Lines this many times further apart than most are two paragraphs."""

FULL_LINE = 0.88
"""A line that takes this share of its column goes on in the next one."""

MIN_FULL_CHARACTERS = 30
"""A shorter line is a line of its own, such as a cell of a table."""

COLUMN_POINTS = 30
"""Lines that begin this near to each other are in one column: an indent is less."""

RIGHT_EDGE_QUANTILE = 0.8
"""Most lines of running text end near the edge, and some at the end of a paragraph."""

_BULLETS = "•‣◦▪*-"
_LIST_ITEM = re.compile(rf"(?:[{_BULLETS}]|\(?\d{{1,2}}[.)]|\(?[a-z][.)])\s")
_SENTENCE_END = re.compile(r"[.!?:;…][\"')\]\u2019\u201d]*$")
_CONTENTS_ENTRY = re.compile(r"…\s*\w+$")


class Layout(Struct, frozen=True):
    """A PDF's text, and where its headings and pages begin in it."""

    text: str
    headings: tuple[Heading, ...]
    page_starts: tuple[int, ...]


class _Block(Struct):
    """A paragraph or a heading: its lines, and where pages begin among them."""

    lines: list[Line] = field(default_factory=list)
    pages: dict[int, int] = field(default_factory=dict)
    """The page that begins with a line, by the line's number."""


class _ColumnRights:
    """How far to the right the longer lines reach that begin at about the same place."""

    def __init__(self, pages: Iterable[Sequence[Line]]) -> None:
        rights: dict[int, list[float]] = {}
        for page in pages:
            for line in page:
                if len(line.text) >= MIN_FULL_CHARACTERS:
                    rights.setdefault(self._column(line), []).append(line.right)
        # Not the longest of all: an unbreakable one may stick out of its column.
        self._rights = {
            column: sorted(found)[int(len(found) * RIGHT_EDGE_QUANTILE)]
            for column, found in rights.items()
        }

    def of(self, line: Line) -> float:
        """The right edge of the column that the line is in."""
        return self._rights[self._column(line)]

    @staticmethod
    def _column(line: Line) -> int:
        return round(line.left / COLUMN_POINTS)


class _Type(Struct, frozen=True):
    """What most of the document's lines are like."""

    size: float
    pitch: float


def layout(pages: Sequence[Sequence[Line]]) -> Layout:
    """Return the text of the pages with its structure; lines of unknown place stay as they are."""
    kept = without_running_lines(pages)
    body = _Type(_body_size(kept), _body_pitch(kept))
    return _compose(_blocks(kept, body), len(pages), body, _ColumnRights(kept))


def _body_size(pages: Iterable[Sequence[Line]]) -> float:
    sizes: Counter[float] = Counter()
    for page in pages:
        for line in page:
            sizes[_rounded(line.size)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0


def _body_pitch(pages: Iterable[Sequence[Line]]) -> float:
    distances = [
        one.last_top - other.top
        for page in pages
        for one, other in pairwise(page)
        if one.last_top > other.top and _rounded(one.size) == _rounded(other.size)
    ]
    return median(distances) if distances else 0


def _rounded(size: float) -> float:
    return round(2 * size) / 2


def _blocks(pages: Sequence[Sequence[Line]], body: _Type) -> list[_Block]:
    blocks: list[_Block] = []
    for number, page in enumerate(pages):
        for at, line in enumerate(page):
            if not blocks or _begins(blocks[-1], line, body, first_on_page=at == 0):
                blocks.append(_Block())
            if at == 0:
                blocks[-1].pages[len(blocks[-1].lines)] = number
            blocks[-1].lines.append(line)
    return blocks


def _begins(block: _Block, line: Line, body: _Type, *, first_on_page: bool) -> bool:
    """Whether a line begins a paragraph of its own, and does not go on with the block."""
    last = block.lines[-1]
    if _rounded(last.size) != _rounded(line.size):
        return True
    if _SENTENCE_END.search(last.text) and (first_on_page or line.left - last.left > line.size / 2):
        return True
    pitch = body.pitch * max(1, line.size / body.size) if body.size else 0
    return not first_on_page and last.last_top - line.top > PARAGRAPH_PITCH * pitch > 0


def _compose(
    blocks: Sequence[_Block], page_count: int, body: _Type, rights: _ColumnRights
) -> Layout:
    levels = _heading_levels(blocks, body)
    parts: list[str] = []
    headings: list[Heading] = []
    starts: dict[int, int] = {}
    at = 0
    for block in blocks:
        if parts:
            parts.append(PARAGRAPH)
            at += len(PARAGRAPH)
        start = at
        for number, line in enumerate(block.lines):
            if number:
                parts.append(_joint(block.lines[number - 1], line, rights))
                at += 1
            if number in block.pages:
                starts[block.pages[number]] = at
            parts.append(line.text)
            at += len(line.text)
        level = levels.get(_rounded(block.lines[0].size))
        if level and _is_heading(block):
            title = " ".join(line.text for line in block.lines)
            headings.append(Heading(start, at, level, title))
    text = "".join(parts)
    # A page without text starts where the next one does.
    page_starts, following = [], len(text)
    for number in reversed(range(page_count)):
        following = starts.get(number, following)
        page_starts.append(following)
    return Layout(text, tuple(headings), tuple(reversed(page_starts)))


def _joint(last: Line, line: Line, rights: _ColumnRights) -> str:
    """What stands between two lines of a block: a space where the sentence flows on."""
    if len(last.text) < MIN_FULL_CHARACTERS or _CONTENTS_ENTRY.search(last.text):
        return "\n"
    width = rights.of(last) - min(last.left, line.left)
    flows = last.right - last.left >= FULL_LINE * width > 0
    return " " if flows and not _LIST_ITEM.match(line.text) else "\n"


def _heading_levels(blocks: Sequence[_Block], body: _Type) -> dict[float, int]:
    """The level of each size of type that headings have, the largest first."""
    found: Counter[float] = Counter()
    total = 0
    for block in blocks:
        length = sum(len(line.text) for line in block.lines)
        total += length
        size = _rounded(block.lines[0].size)
        if size >= HEADING_RATIO * body.size > 0 and _is_heading(block):
            found[size] += length
    if found.total() > MAX_HEADING_SHARE * total:
        return {}
    return {size: min(level, 6) for level, size in enumerate(sorted(found, reverse=True), 1)}


def _is_heading(block: _Block) -> bool:
    text = " ".join(line.text for line in block.lines)
    return (
        len(text) <= MAX_HEADING_CHARACTERS
        and any(map(str.isalpha, text))
        and text[0] not in _BULLETS
        and not _CONTENTS_ENTRY.search(text)
    )

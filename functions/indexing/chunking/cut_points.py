"""Where a document may be cut, and what it costs to cut it there.

The splitter finds the places: block, sentence, word and grapheme boundaries, by the rules of
Markdown and Unicode. This module bounds its work, keeps words whole, and prices each cut.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise

from msgspec import Struct

from embedding.token_estimate import MAX_TOKENS_PER_CHARACTER
from indexing.extracted_text import ExtractedText, Heading
from recipe.chunking_settings import ChunkingSettings

PIECES_PER_CHUNK = 8
"""A chunk is put together from about so many pieces, so that its length and cuts can be chosen."""

WINDOW_PIECES = 8
"""What the splitter sees at a time, in pieces: it takes time in the square of a sentence's length,
which is minutes for a megabyte without a full stop."""

# What a cut costs, where a chunk costs 1 and more the emptier it is (see segmentation): two sections
# that fill the shares x and y of a chunk are kept apart for a saving of more than 2 - 2xy.
BEFORE_HEADING = {1: -2.0, 2: -1.9}
BEFORE_LOWER_HEADING = -1.8
BETWEEN_PARAGRAPHS = 0.0
BETWEEN_LINES = 0.1
BETWEEN_SENTENCES = 0.3
INSIDE_A_WRAPPED_LINE = 0.4
INSIDE_CODE = 0.5
"""On top of what the place would cost in prose."""
BETWEEN_WORDS = 1.0
INSIDE_A_RUN = 2.0
"""Between the characters of a run without white space, such as an address or Chinese."""
UNDER_A_HEADING = 100.0
"""Between a heading and its text, which is worth little without it."""

ZERO_WIDTH_JOINER = "\u200d"

_SPACE = re.compile(r"\s*")
_RUN = re.compile(r"\S*")
# Neither white space nor punctuation; a word may have an apostrophe or an underscore in it.
_WORD = re.compile(
    r"[^\s!-&(-/:-@\[-^`{-~\u060c\u061b\u061f\u0964\u0965\u200b\u2010-\u2018\u201a-\u2027"
    r"\u2030-\u205e\u3001-\u3003\u3008-\u3011\u3014-\u301f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40"
    r"\uff5b-\uff65]*"
)
_LETTERS = re.compile(r"\w*")  # without the emoji, accents and apostrophes between them
_FULL_STOPS = "\u3002\uff01\uff1f"  # of Chinese and Japanese, with no space after them
_SENTENCE_END = re.compile(
    r"""[.!?:;\u2026\u0964\u3002\uff01\uff1a\uff1b\uff1f]["'\u201d\u2019\u00bb)\]*_`]{0,4}\Z"""
)
_ITEM = re.compile(r"[-*+•|>]|\w{1,3}[.)]\s")


class Piece(Struct, frozen=True):
    """A stretch of text that is never cut, without white space at its ends."""

    start: int
    end: int
    cost: float
    """What a cut before it costs."""


def pieces(document: ExtractedText, settings: ChunkingSettings) -> Iterator[Piece]:
    """Yield pieces that each fit a chunk and together hold all that is not white space, in order.

    A word is only ever cut when it does not fit a chunk by itself.
    """
    text = document.text
    cutter = _Cutter(document, settings)
    code_starts = [start for start, _ in document.code_blocks]
    end, bare = 0, False
    for heading, section_start, section_end in _sections(document):
        body_start = _first_ink(text, heading.end) if heading else section_start
        for start, stop in cutter.stretches(section_start, section_end):
            if heading and start == heading.start:
                own = BEFORE_HEADING.get(heading.level, BEFORE_LOWER_HEADING)
                cost = UNDER_A_HEADING if bare else own
            elif heading and start <= body_start:
                cost = UNDER_A_HEADING
            else:
                cost = _cost(text, end, start)
                code = bisect_left(code_starts, start) - 1
                if code >= 0 and start < document.code_blocks[code][1]:
                    cost += INSIDE_CODE
            yield Piece(start, stop, cost)
            end = stop
        bare = heading is not None and body_start >= section_end


def _sections(document: ExtractedText) -> Iterator[tuple[Heading | None, int, int]]:
    """Yield each heading with where its section starts and ends; first what is above all headings."""
    starts = [0, *(heading.start for heading in document.headings), len(document.text)]
    for heading, (start, end) in zip((None, *document.headings), pairwise(starts), strict=True):
        yield heading, start, end


def _first_ink(text: str, start: int) -> int:
    space = _SPACE.match(text, start)
    return space.end() if space else start


class _Cutter:
    """Cuts sections of one document into stretches that fit a chunk."""

    def __init__(self, document: ExtractedText, settings: ChunkingSettings) -> None:
        self._text = document.text
        self._settings = settings
        self._length = min(
            settings.room // PIECES_PER_CHUNK, settings.max_tokens // MAX_TOKENS_PER_CHARACTER
        )
        # 18 MB to load: for documents that are cut, not for every cold start.
        from semantic_text_splitter import MarkdownSplitter, TextSplitter  # noqa: PLC0415

        kind = MarkdownSplitter if document.markup == "markdown" else TextSplitter
        self._splitter = kind(self._length, trim=False)

    def stretches(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the starts and ends of the section's stretches, white space stripped off."""
        cuts = {cut for raw in self._raw_cuts(start, end) for cut in self._around_word(raw)}
        for left, right in pairwise(sorted(cuts | {start, end})):
            stretch = self._text[left:right].rstrip()
            if stretch:
                end_of_ink = left + len(stretch)
                yield end_of_ink - len(stretch.lstrip()), end_of_ink

    def _raw_cuts(self, start: int, end: int) -> Iterator[int]:
        """Yield where the splitter would cut, window by window."""
        while start < end:
            window = self._text[start : min(end, start + WINDOW_PIECES * self._length)]
            offsets = [offset for offset, _ in self._splitter.chunk_indices(window)][1:]
            yield from (start + offset for offset in offsets)
            # The last piece is as long as the window lets it be: it is cut anew in the next.
            is_last = start + len(window) == end
            start += len(window) if is_last or not offsets else offsets[-1]

    def _around_word(self, cut: int) -> tuple[int, ...]:
        """Return `cut`, or the ends of the word that it is in the middle of."""
        text = self._text
        if text[cut - 1].isspace() or text[cut].isspace():
            return (cut,)
        start, end = _extent(_RUN, text, cut, self._length)
        if end - start <= self._length:
            return start, end
        for pattern in (_WORD, _LETTERS):
            start, end = _extent(pattern, text, cut, self._settings.room)
            if cut in (start, end):
                break
            if end - start > self._settings.room:
                continue  # too long already: no need to look for its accents, which may be thousands
            # No further than a chunk reaches: what is longer does not fit anyway.
            first, last = max(0, start - self._settings.room), end + self._settings.room
            while start > first and _extends_grapheme(text[start]):
                start -= 1
            while end < min(last, len(text)) and _extends_grapheme(text[end]):
                end += 1
            if self._settings.fits(text[start:end]):
                return start, end
        return (cut,)


def _extent(pattern: re.Pattern[str], text: str, at: int, reach: int) -> tuple[int, int]:
    """Return how far the pattern's characters go on either side, looking just beyond `reach`."""
    before = pattern.match(text[max(0, at - reach - 1) : at][::-1])
    after = pattern.match(text, at, at + reach + 1)
    return at - (before.end() if before else 0), after.end() if after else at


def _extends_grapheme(character: str) -> bool:
    return character == ZERO_WIDTH_JOINER or unicodedata.category(character).startswith("M")


def _cost(text: str, end: int, start: int) -> float:
    """Return what a cut costs that leaves out the white space `text[end:start]`."""
    gap = text[end:start]
    newlines = gap.count("\n")
    if newlines > 1:
        return BETWEEN_PARAGRAPHS
    if not gap:
        return BETWEEN_SENTENCES if text[end - 1] in _FULL_STOPS else INSIDE_A_RUN
    ends_sentence = _SENTENCE_END.search(text, max(0, end - 6), end)
    if newlines:
        whole = ends_sentence or _ITEM.match(text, start)
        return BETWEEN_LINES if whole else INSIDE_A_WRAPPED_LINE
    return BETWEEN_SENTENCES if ends_sentence else BETWEEN_WORDS

"""Where the headings and code blocks of a Markdown text lie.

Only as much of CommonMark is parsed as that needs, in one pass over the lines. A heading inside a
list or a quotation belongs to it, and is not taken for one of the document.
"""

import re
from enum import Enum, auto

from indexing.extracted_text import Heading
from indexing.loaders.block_text import check_headings
from indexing.loaders.titles import MAX_TITLE_CHARACTERS

MAX_HEADING_LINE = 1_000
"""A longer line is not looked at for a heading: room for the address of a link in one."""

_ATX = re.compile(r" {0,3}(#{1,6})(?=[ \t]|$)")
_SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_RAW_HTML = re.compile(r" {0,3}<(!--|(?:pre|script|style|textarea)(?=[\s>]|$))", re.IGNORECASE)
_OTHER_BLOCK = re.compile(r"[ \t]*(?:[-*+>|<]|\d{1,9}[.)][ \t])| {4}|\t")

# Of more backticks than anybody needs, a search takes time in the square of their number.
_CODE_SPAN = re.compile(r"(`{1,9})(.+?)\1")
_LINK = re.compile(r"!?\[([^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])")
# What a backslash escapes is the only thing kept of all this.
_MARKUP = re.compile(r"\\([!-/:-@\[-`{-~])|<[^<>]*>|\{#[^{}]*\}|\*+|(?<!\w)_+|_++(?!\w)")


class _Block(Enum):
    """What the line before belongs to, where that is not a paragraph."""

    NONE = auto()
    OTHER = auto()


class MarkdownStructure:
    """The headings and code blocks of `text[start:]`; DocumentTooLargeError for too many headings."""

    def __init__(self, text: str, *, start: int, key: str) -> None:
        self.headings: list[Heading] = []
        self.code_blocks: list[tuple[int, int]] = []
        self._text = text
        self._key = key
        # The paragraph that an underline would make a heading of: where it starts.
        self._paragraph: int | _Block = _Block.NONE
        self._fence: tuple[int, str] | None = None
        self._raw_end: str | None = None
        self._read_lines(start)

    def _read_lines(self, start: int) -> None:
        while start < len(self._text):
            end = self._text.find("\n", start)
            end = len(self._text) if end < 0 else end
            self._read(start, self._text[start:end])
            start = end + 1
        if self._fence:
            # The end of the document closes it.
            self.code_blocks.append((self._fence[0], len(self._text)))

    def _read(self, start: int, line: str) -> None:
        if self._fence:
            self._read_code(*self._fence, start + len(line), line)
        elif self._raw_end:
            if self._raw_end in line.lower():
                self._raw_end = None
        elif not line or line.isspace():
            self._paragraph = _Block.NONE
        elif fence := _FENCE.match(line):
            self._fence = start, fence[1]
            self._paragraph = _Block.NONE
        elif raw := _RAW_HTML.match(line):
            end = "-->" if raw[1] == "!--" else f"</{raw[1].lower()}>"
            self._raw_end = None if end in line[raw.end() :].lower() else end
            self._paragraph = _Block.OTHER
        else:
            self._read_text(start, line)

    def _read_code(self, block_start: int, fence: str, end: int, line: str) -> None:
        bare = line.strip()
        if bare.startswith(fence) and not bare.strip(fence[0]) and not line.startswith("    "):
            self.code_blocks.append((block_start, end))
            self._fence = None

    def _read_text(self, start: int, line: str) -> None:
        end = start + len(line)
        if atx := _ATX.match(line):
            self._add_heading(start, end, len(atx[1]), _without_closing_hashes(line[atx.end() :]))
            self._paragraph = _Block.NONE
        elif isinstance(self._paragraph, int) and (setext := _SETEXT.match(line)):
            level = 1 if setext[1].startswith("=") else 2
            self._add_heading(self._paragraph, end, level, self._text[self._paragraph : start])
            self._paragraph = _Block.NONE
        elif _OTHER_BLOCK.match(line):
            # Up to a blank line, what follows is part of it.
            self._paragraph = _Block.OTHER
        elif self._paragraph is _Block.NONE:
            self._paragraph = start

    def _add_heading(self, start: int, end: int, level: int, markup: str) -> None:
        text = _plain(markup) if len(markup) <= MAX_HEADING_LINE else ""
        if 0 < len(text) <= MAX_TITLE_CHARACTERS:
            self.headings.append(Heading(start, end, level, text))
            check_headings(len(self.headings), self._key)


def _without_closing_hashes(markup: str) -> str:
    markup = markup.rstrip()
    text = markup.rstrip("#")
    return text if text != markup and text[-1:] in ("", " ", "\t") else markup


def _plain(markup: str) -> str:
    """Return what a line of Markdown says."""
    # The code spans are every second part, and taken as they are.
    parts = _CODE_SPAN.sub(lambda span: f"\0{span[2]}\0", markup).split("\0")
    for index in range(0, len(parts), 2):
        parts[index] = _MARKUP.sub(r"\1", _LINK.sub(r"\1", parts[index]))
    return " ".join("".join(parts).split())

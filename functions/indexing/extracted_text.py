"""A document as the loaders hand it on: one text, and where its structure lies in it."""

from typing import Literal

from msgspec import Struct


class Heading(Struct, frozen=True):
    """A heading's place in its ExtractedText: the lines `text[start:end]`, markup and all."""

    start: int
    end: int
    level: int
    """1 is the highest, 6 the lowest."""
    text: str
    """What it says, on one line and without markup."""


class ExtractedText(Struct, frozen=True):
    """The text of a document; all offsets count characters (code points) of `text`."""

    text: str
    title: str | None = None
    """What the body itself calls it: its metadata or first top heading; never the file's name."""
    markup: Literal["markdown", "plain"] = "plain"
    headings: tuple[Heading, ...] = ()
    """In the order of the text; none overlaps another."""
    code_blocks: tuple[tuple[int, int], ...] = ()
    """Where each preformatted block starts and ends, in order; none overlaps another."""
    page_starts: tuple[int, ...] = ()
    """Where each page starts, page 1 first; empty for formats without pages."""


class Chunk(Struct, frozen=True):
    """A passage of an ExtractedText: its `text[start:end]`."""

    text: str
    ordinal: int
    start: int
    end: int
    page: int | None
    """The page on which the chunk starts, from 1; None where the format has no pages."""
    headings: tuple[str, ...]
    """The heading path in force, from the top; the document's title is not part of it."""

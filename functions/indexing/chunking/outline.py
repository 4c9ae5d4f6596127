"""Which headings are in force at a place of a document."""

import re
from bisect import bisect_right

from indexing.extracted_text import ExtractedText

_TITLE_GOES_ON = re.compile(r" ?[|\u00b7:] | [-\u2013\u2014] |$")
_SPACE = re.compile(r"\s*")


class Outline:
    """A document's headings and the paths that they make."""

    def __init__(self, document: ExtractedText) -> None:
        self._text = document.text
        self._headings = document.headings
        self._starts = [heading.start for heading in document.headings]
        self._paths = _paths(document)

    def path(self, start: int, end: int) -> tuple[str, ...]:
        """Return the heading path in force at the first body text of `text[start:end]`."""
        index = bisect_right(self._starts, start)
        at = self._headings[index - 1].end if index else start
        while index < len(self._starts) and self._starts[index] < end:
            if self._first_ink(max(at, start)) < self._starts[index]:
                break
            at = self._headings[index].end
            index += 1
        return self._paths[index]

    def body_start(self, at: int) -> int:
        """Return where the text starts that stands under the same heading as the place `at`."""
        index = bisect_right(self._starts, at)
        return self._headings[index - 1].end if index else 0

    def _first_ink(self, at: int) -> int:
        space = _SPACE.match(self._text, at)
        return space.end() if space else at


def _paths(document: ExtractedText) -> list[tuple[str, ...]]:
    """Return the path above all headings, then the path under each."""
    open_headings: list[tuple[int, str]] = []
    paths: list[tuple[str, ...]] = [()]
    for heading in document.headings:
        while open_headings and open_headings[-1][0] >= heading.level:
            open_headings.pop()
        open_headings.append((heading.level, heading.text))
        texts = tuple(text for _, text in open_headings)
        paths.append(texts[1:] if _repeats(document.title, texts[0]) else texts)
    return paths


def _repeats(title: str | None, heading: str) -> bool:
    """Whether the title says the heading already, as in "Install | Guide" over "Install"."""
    if title is None:
        return False
    title, heading = " ".join(title.casefold().split()), " ".join(heading.casefold().split())
    beginning, rest = title[: len(heading)], title[len(heading) :]
    return beginning == heading and bool(_TITLE_GOES_ON.match(rest))

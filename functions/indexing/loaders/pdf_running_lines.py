"""Running heads and feet: what stands first or last on several pages is no text of the document."""

import re
from collections import Counter
from collections.abc import Sequence

from indexing.loaders.pdf_lines import Line

MIN_REPEATS = 3
"""On so many pages, a first or last line is a running head or foot."""

_DIGITS = re.compile(r"\d+")


def without_running_lines(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Return the pages without the lines that repeat at their tops and bottoms; one line stays."""
    counts = Counter(
        pattern
        for page in pages
        if len(page) > 1
        for pattern in {_pattern(page[0]), _pattern(page[-1])}
    )
    running = {pattern for pattern, count in counts.items() if count >= MIN_REPEATS}
    kept = []
    for page in pages:
        lines = list(page)
        while len(lines) > 1 and _pattern(lines[0]) in running:
            del lines[0]
        while len(lines) > 1 and _pattern(lines[-1]) in running:
            del lines[-1]
        kept.append(lines)
    return kept


def _pattern(line: Line) -> tuple[str, int]:
    """A page's number aside, running lines are equal, and stand at the same height."""
    return _DIGITS.sub("#", line.text), round(line.top / 5)

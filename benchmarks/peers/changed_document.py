"""Documents of 20 chunks, and a new version of one of them."""

import re
from collections.abc import Iterable

CHUNKS = 20
CHANGED = "document-7"
WORDS = "Some more words. " * 50
"""No two chunks with so many fit into one of dropvec's."""

_PART = re.compile(r"Part (\S+) of (\S+) is here")


def documents(count: int) -> dict[str, list[str]]:
    """Return documents of so many chunks together, by name."""
    names = [f"document-{number}" for number in range(count // CHUNKS)]
    return {name: [_chunk(name, part) for part in range(CHUNKS)] for name in names}


def new_version() -> list[str]:
    """Return the changed document's chunks: 2 are others, and 3 from its middle are gone."""
    return [_chunk(CHANGED, part) for part in _new_parts()]


def left_and_lost(count: int, stored: Iterable[str]) -> tuple[int, int]:
    """Return how many vectors are left that should not be there, and how many chunks have none.

    Of each stored vector the text that it holds is given, with whatever else.
    """
    found = [match.groups() for text in stored if (match := _PART.search(text))]
    wanted = {
        (str(part), name)
        for name in documents(count)
        for part in (_new_parts() if name == CHANGED else range(CHUNKS))
    }
    return len(found) - len(wanted.intersection(found)), len(wanted.difference(found))


def _new_parts() -> list[object]:
    return [*range(4), "new", *range(5, 10), *range(13, 19), "also-new"]


def _chunk(document: str, part: object) -> str:
    return f"Part {part} of {document} is here. {WORDS}".strip()

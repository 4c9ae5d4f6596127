"""Which cuts to make: the set that costs least, over the whole document.

As a typesetter breaks a paragraph into lines: every chunk costs something, more the emptier it is,
and so does every cut, less the better its place. The cheapest way to reach each place is found from
the cheapest ways to reach the places before it.
"""

import math
from collections.abc import Sequence
from itertools import accumulate

from embedding.token_estimate import estimate_tokens
from indexing.chunking.cut_points import Piece
from recipe.chunking_settings import ChunkingSettings

MIN_INK = 40
"""A chunk with fewer characters that are not white space is a crumb: it says nothing by itself."""

CRUMB_COST = 10.0
"""More than any cut inside a text costs, less than a heading without its text."""

EMPTINESS_COST = 1.0
"""What an empty chunk would cost beside the 1 that any chunk costs; a full one costs nothing more."""

MAX_PIECES = 48
"""The most pieces of a chunk; it only matters for pieces far shorter than the splitter makes."""


def segment(text: str, pieces: Sequence[Piece], settings: ChunkingSettings) -> list[int]:
    """Return the index of each chunk's first piece. The time is linear in the number of pieces."""
    starts = [piece.start for piece in pieces]
    ends = [piece.end for piece in pieces]
    ink = [0, *accumulate(len("".join(text[p.start : p.end].split())) for p in pieces)]
    tokens = _Tokens(text, pieces) if settings.counts_tokens else None
    room = settings.room
    cost_of_length = [1 + EMPTINESS_COST * (1 - n / room) ** 2 for n in range(room + 1)]

    # Of the cheapest chunks up to each piece: what they cost, and where the last of them begins.
    costs, origins = [0.0], [0]
    entries: list[float] = []
    for last, end in enumerate(ends):
        entries.append(costs[last] + (pieces[last].cost if last else 0.0))
        cheapest, origin = math.inf, last
        for first in range(last, max(-1, last - MAX_PIECES), -1):
            length = end - starts[first]
            if length > room or (tokens and tokens.between(first, last) > settings.max_tokens):
                break
            cost = entries[first] + cost_of_length[length]
            if ink[last + 1] - ink[first] < MIN_INK:
                cost += CRUMB_COST
            if cost < cheapest:
                cheapest, origin = cost, first
        costs.append(cheapest)
        origins.append(origin)
    return _path(origins)


class _Tokens:
    """The estimated tokens between any two pieces of a text."""

    def __init__(self, text: str, pieces: Sequence[Piece]) -> None:
        own = [estimate_tokens(text[piece.start : piece.end]) for piece in pieces]
        ends = [0, *(piece.end for piece in pieces)]
        gaps = [
            estimate_tokens(text[end : p.start]) for end, p in zip(ends, pieces, strict=False)
        ]  # the last end has no gap
        self._before = [0.0, *accumulate(gap + piece for gap, piece in zip(gaps, own, strict=True))]
        self._gaps = gaps

    def between(self, first: int, last: int) -> float:
        """Return the tokens from the start of one piece to the end of another."""
        return self._before[last + 1] - self._before[first] - self._gaps[first]


def _path(origins: list[int]) -> list[int]:
    firsts: list[int] = []
    at = len(origins) - 1
    while at:
        at = origins[at]
        firsts.append(at)
    return firsts[::-1]

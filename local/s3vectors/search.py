"""The three searches of QueryVectors: by vector, by text, and by both.

A vector search ranks by distance and a text search by BM25. A hybrid search ranks each queried
text and the vector by itself, and adds up the reciprocals of the places: Reciprocal Rank Fusion.
All three are exact, and rank equals in the order of rows.

What CLASSIC mode is on AWS, a filter that the approximate search meets on its way and that may
leave too little, is here: the filter sees the nearest vectors only, ten times as many as are asked
for. ENHANCED applies the filter first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from local.s3vectors.nearest import Position, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from local.s3vectors.distances import QueryVector
    from local.s3vectors.filters import Filter
    from local.s3vectors.full_text.text_index import TextIndex
    from local.s3vectors.vector_table import VectorTable

# A stand-in for what the walk of AWS's CLASSIC mode gets to see.
CLASSIC_CANDIDATES_PER_RESULT = 10

# Unpublished by AWS: the usual constant of Reciprocal Rank Fusion, and how far down each ranking
# is read at least.
RRF_K = 60
RRF_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for: a vector, texts by metadata key, or both; and what must match."""

    top_k: int
    vector: QueryVector | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    filter: Filter | None = None
    filter_first: bool = True


@dataclass(frozen=True, slots=True)
class Match:
    """One search result, with the scores that the search gave it."""

    key: str
    metadata: dict[str, Any]
    position: Position
    distance: float | None
    bm25: Mapping[str, float]
    fused: float | None


class Searcher:
    """One search over a table and its text indexes, which must not change meanwhile."""

    def __init__(self, search: Search, table: VectorTable, texts: Mapping[str, TextIndex]) -> None:
        self._search = search
        self._table = table
        self._bm25 = {
            key: texts[key].scores(text, len(table)) for key, text in search.texts.items()
        }
        self._matching = table.matching(search.filter) if search.filter else None
        self._distances: dict[int, float] = {}

    def ranking(self, count: int, after: Position | None) -> list[Match]:
        """The first ``count`` results, or the next after a position."""
        if not self._bm25:
            positions = self._by_vector(count, after)
        elif self._search.vector is None:
            totals = sum(self._bm25.values(), np.zeros(len(self._table), dtype=np.float32))
            positions = _first(totals, self._eligible(totals > 0), count, after)
        else:
            fused = self._fused()
            positions = _first(fused, fused > 0, count, after)
        return [self._match(position) for position in positions]

    def _by_vector(self, count: int, after: Position | None) -> list[Position]:
        used = ~np.isnan(self._table.norms)
        vector, matching = self._search.vector, self._matching
        if vector is None:
            return []
        if matching is None or self._search.filter_first:
            positions = nearest(self._table, vector, self._eligible(used), count, after)
        else:
            seen = self._search.top_k * CLASSIC_CANDIDATES_PER_RESULT
            positions = [
                position
                for position in nearest(self._table, vector, used, seen)
                if (after is None or position > after) and matching[position.row]
            ][:count]
        self._distances = {position.row: position.rank for position in positions}
        return positions

    def _fused(self) -> NDArray[np.float32]:
        """The RRF score of every row, 0 of those that no ranking holds."""
        depth = max(self._search.top_k, RRF_DEPTH)
        by_text = (
            _first(scores, self._eligible(scores > 0), depth, None)
            for scores in self._bm25.values()
        )
        fused = np.zeros(len(self._table))
        for ranking in (self._by_vector(depth, None), *by_text):
            rows = np.array([position.row for position in ranking], dtype=np.intp)
            fused[rows] += 1 / (RRF_K + np.arange(1, len(rows) + 1))
        return fused.astype(np.float32)

    def _eligible(self, rows: NDArray[np.bool]) -> NDArray[np.bool]:
        return rows if self._matching is None else rows & self._matching

    def _match(self, position: Position) -> Match:
        row = position.row
        key, metadata = self._table.described(row) or ("", {})
        return Match(
            key=key,
            metadata=metadata,
            position=position,
            distance=self._distances.get(row),
            bm25={k: float(scores[row]) for k, scores in self._bm25.items() if scores[row] > 0},
            fused=-position.rank if self._bm25 and self._search.vector else None,
        )


def _first(
    scores: NDArray[np.float32],
    eligible: NDArray[np.bool],
    count: int,
    after: Position | None,
) -> list[Position]:
    """The ``count`` eligible rows of the highest scores after a position; ranks are negated."""
    rows = np.flatnonzero(eligible)
    ranks = -scores[rows].astype(np.float64)
    if after is not None:
        following = (ranks > after.rank) | ((ranks == after.rank) & (rows > after.row))
        rows, ranks = rows[following], ranks[following]
    if len(rows) > count:
        near = ranks <= np.partition(ranks, count - 1)[count - 1]
        rows, ranks = rows[near], ranks[near]
    order = np.lexsort((rows, ranks))[:count]
    return [
        Position(*place) for place in zip(ranks[order].tolist(), rows[order].tolist(), strict=True)
    ]

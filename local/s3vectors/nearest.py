"""The exact nearest rows of a table to a query vector, ties in the order of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from local.s3vectors.distances import QueryVector
    from local.s3vectors.vector_table import VectorTable

# Distances of so many rows are settled at a time: 4,096 rows of 4,096 float64 are 128 MiB.
ROWS_AT_A_TIME = 4_096


class Position(NamedTuple):
    """A place in a ranking: by rank, the smaller the better, then by row."""

    rank: float
    row: int


def nearest(
    table: VectorTable,
    query: QueryVector,
    eligible: NDArray[np.bool],
    count: int,
    after: Position | None = None,
) -> list[Position]:
    """The ``count`` nearest eligible rows with their distances, or the next after a position."""
    rows = _candidates(table, query, eligible, count, after)
    ranking = sorted(_positions(table, query, rows))
    if after is not None:
        ranking = [position for position in ranking if position > after]
    return ranking[:count]


def _candidates(
    table: VectorTable,
    query: QueryVector,
    eligible: NDArray[np.bool],
    count: int,
    after: Position | None,
) -> NDArray[np.intp]:
    lower, upper = query.rank_bounds(table.products(query.unit), table.norms)
    following = eligible
    if after is not None:
        rank = query.rank_of(after.rank)
        eligible = eligible & ~(upper < rank)
        following = eligible & (lower > rank)
    farthest = upper[following & ~np.isnan(upper)]
    if len(farthest) > count:
        threshold = np.partition(farthest, count - 1)[count - 1]
        eligible = eligible & ~(lower > threshold)
    return np.flatnonzero(eligible)


def _positions(
    table: VectorTable, query: QueryVector, rows: NDArray[np.intp]
) -> Iterator[Position]:
    for start in range(0, len(rows), ROWS_AT_A_TIME):
        part = rows[start : start + ROWS_AT_A_TIME]
        distances = query.distances(table.values(part))
        yield from map(Position, distances.tolist(), part.tolist())

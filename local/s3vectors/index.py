"""One vector index: its vectors by key, and exact search over them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from local.s3vectors.distances import QueryVector, norms_of
from local.s3vectors.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from local.s3vectors.filters import Predicate

# Distances of so many rows are settled at a time: 4,096 rows of 4,096 float64 are 128 MiB.
ROWS_AT_A_TIME = 4_096


@dataclass(frozen=True, slots=True)
class Record:
    """A vector as PutVectors gives it: key, float32 values of the index's dimension, metadata."""

    key: str
    values: NDArray[np.float32]
    metadata: dict[str, Any]


class Position(NamedTuple):
    """A place in a ranking: matches are ordered by distance, then by row."""

    distance: float
    row: int


@dataclass(frozen=True, slots=True)
class Match:
    """One search result."""

    key: str
    metadata: dict[str, Any]
    position: Position


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """What CreateIndex fixes."""

    vector_bucket_name: str
    name: str
    arn: str
    creation_time: datetime
    dimension: int
    distance_metric: str
    non_filterable_keys: tuple[str, ...] = ()
    text_search: tuple[dict[str, str], ...] = ()
    encryption: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


class VectorIndex:
    """The vectors of one index; every method is atomic.

    A vector keeps its row for as long as it exists, and a freed row is used again: listing by row
    sees each vector that stays exactly once.
    """

    def __init__(self, settings: IndexSettings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._rows = Rows(settings.dimension)
        self._row_of: dict[str, int] = {}
        self._records: list[tuple[str, dict[str, Any]] | None] = []
        self._free: list[int] = []
        self._norms = np.full(16, np.nan)  # NaN marks a free row

    def put(self, records: Sequence[Record]) -> None:
        """Add vectors, or replace those of the same key altogether; the last of a key wins."""
        norms = norms_of(np.stack([record.values for record in records]))
        with self._lock:
            for record, norm in zip(records, norms, strict=True):
                row = self._row_of.get(record.key)
                if row is None:
                    row = self._new_row()
                    self._row_of[record.key] = row
                self._rows.write(row, record.values)
                self._records[row] = (record.key, record.metadata)
                self._norms[row] = norm

    def delete(self, keys: Iterable[str]) -> None:
        """Remove vectors; absent keys are ignored."""
        with self._lock:
            for key in keys:
                row = self._row_of.pop(key, None)
                if row is not None:
                    self._records[row] = None
                    self._norms[row] = np.nan
                    self._free.append(row)

    def get(self, keys: Iterable[str]) -> list[Record]:
        """The vectors that exist, in the order of storage."""
        with self._lock:
            return self._read(sorted({self._row_of[key] for key in keys if key in self._row_of}))

    def scan(self, start: int, count: int, segment: int, segments: int) -> list[tuple[int, Record]]:
        """Up to ``count`` vectors of one segment from row ``start`` on, with their rows."""
        with self._lock:
            rows: list[int] = []
            first = start + (segment - start) % segments
            for row in range(first, len(self._records), segments):
                if len(rows) == count:
                    break
                if self._records[row] is not None:
                    rows.append(row)
            return list(zip(rows, self._read(rows), strict=True))

    def search(
        self,
        vector: NDArray[np.float32],
        count: int,
        matches: Predicate | None = None,
        after: Position | None = None,
    ) -> list[Match]:
        """The ``count`` nearest vectors that match, or the next nearest after a position."""
        query = QueryVector(self.settings.distance_metric, vector)
        with self._lock:
            rows = self._candidates(query, count, matches, after)
            ranking = sorted(self._positions(query, rows))
            if after is not None:
                ranking = [position for position in ranking if position > after]
            return [self._match(position) for position in ranking[:count]]

    def _candidates(
        self, query: QueryVector, count: int, matches: Predicate | None, after: Position | None
    ) -> NDArray[np.intp]:
        norms = self._norms[: len(self._records)]
        eligible = ~np.isnan(norms)
        if matches is not None:
            for row in np.flatnonzero(eligible):
                record = self._records[row]
                eligible[row] = record is not None and matches(record[1])
        lower, upper = query.rank_bounds(self._rows.products(query.unit, len(norms)), norms)
        following = eligible
        if after is not None:
            rank = query.rank_of(after.distance)
            eligible = eligible & ~(upper < rank)
            following = eligible & (lower > rank)
        farthest = upper[following & ~np.isnan(upper)]
        if len(farthest) > count:
            threshold = np.partition(farthest, count - 1)[count - 1]
            eligible = eligible & ~(lower > threshold)
        return np.flatnonzero(eligible)

    def _positions(self, query: QueryVector, rows: NDArray[np.intp]) -> Iterator[Position]:
        for start in range(0, len(rows), ROWS_AT_A_TIME):
            part = rows[start : start + ROWS_AT_A_TIME]
            distances = query.distances(self._rows.read(part))
            yield from map(Position, distances.tolist(), part.tolist())

    def _match(self, position: Position) -> Match:
        key, metadata = self._records[position.row] or ("", {})
        return Match(key, metadata, position)

    def _read(self, rows: list[int]) -> list[Record]:
        values = self._rows.read(np.array(rows, dtype=np.intp))
        held = [record for row in rows if (record := self._records[row]) is not None]
        return [Record(key, v, meta) for (key, meta), v in zip(held, values, strict=True)]

    def _new_row(self) -> int:
        if self._free:
            return self._free.pop()
        row = len(self._records)
        self._records.append(None)
        if row == len(self._norms):
            self._norms = np.concatenate([self._norms, np.full(row, np.nan)])
        return row

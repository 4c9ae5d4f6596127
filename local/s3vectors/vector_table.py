"""The vectors of one index by row, with their keys and metadata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from local.s3vectors.distances import norms_of
from local.s3vectors.metadata_columns import Column, rows_matching
from local.s3vectors.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from local.s3vectors.filters import Filter

FIRST_CAPACITY = 16

# Of the metadata keys that filters read; so many are kept, the latest.
MAX_COLUMNS = 64


@dataclass(frozen=True, slots=True)
class Record:
    """A vector as PutVectors gives it: key, float32 values of the index's dimension, metadata."""

    key: str
    values: NDArray[np.float32]
    metadata: dict[str, Any]


class VectorTable:
    """Records by row; not safe for threads by itself.

    A vector keeps its row for as long as it exists, and a freed row is used again: listing by row
    sees each vector that stays exactly once.
    """

    def __init__(self, dimension: int) -> None:
        self._rows = Rows(dimension)
        self._row_of: dict[str, int] = {}
        self._records: list[tuple[str, dict[str, Any]] | None] = []
        self._free: dict[int, None] = {}  # a set that remembers its order
        self._norms = np.full(FIRST_CAPACITY, np.nan)
        self._columns: dict[str, Column] = {}

    def __len__(self) -> int:
        return len(self._records)

    @property
    def norms(self) -> NDArray[np.float64]:
        """The L2 norm of every row; NaN marks a free one."""
        return self._norms[: len(self._records)]

    def placed(self, records: Sequence[Record]) -> dict[int, Record]:
        """The rows that records would be written to; the last of a key wins."""
        placed: dict[int, Record] = {}
        new: dict[str, int] = {}
        free = iter(self._free)
        end = len(self._records)
        for record in records:
            row = self._row_of.get(record.key, new.get(record.key))
            if row is None:
                row = next(free, end)
                end += row == end
                new[record.key] = row
            placed[row] = record
        return placed

    def write(self, placed: Mapping[int, Record]) -> None:
        """Add or replace records at the rows that ``placed`` gave."""
        norms = norms_of(np.stack([record.values for record in placed.values()]))
        for (row, record), norm in zip(placed.items(), norms, strict=True):
            self._grow_to(row)
            self._free.pop(row, None)
            self._rows.write(row, record.values)
            self._records[row] = (record.key, record.metadata)
            self._row_of[record.key] = row
            self._norms[row] = norm
            for key, column in self._columns.items():
                column.put(row, record.metadata.get(key))

    def remove(self, rows: Iterable[int]) -> None:
        """Free rows that hold a record."""
        for row in rows:
            record = self._records[row]
            if record is not None:
                del self._row_of[record[0]]
                self._records[row] = None
                self._norms[row] = np.nan
                self._free[row] = None
                for column in self._columns.values():
                    column.put(row, None)

    def rows_of(self, keys: Iterable[str]) -> list[int]:
        """The rows of those keys that exist, in order."""
        return sorted({self._row_of[key] for key in keys if key in self._row_of})

    def rows_from(self, start: int, count: int, segment: int, segments: int) -> list[int]:
        """Up to ``count`` used rows of one segment, from ``start`` on."""
        rows: list[int] = []
        for row in range(start + (segment - start) % segments, len(self), segments):
            if len(rows) == count:
                break
            if self._records[row] is not None:
                rows.append(row)
        return rows

    def described(self, row: int) -> tuple[str, dict[str, Any]] | None:
        """The key and metadata in a row, None if it is free."""
        return self._records[row]

    def read(self, rows: Sequence[int]) -> list[Record]:
        """The records of used rows."""
        values = self._rows.read(np.array(rows, dtype=np.intp))
        held = [record for row in rows if (record := self._records[row]) is not None]
        return [Record(key, v, meta) for (key, meta), v in zip(held, values, strict=True)]

    def values(self, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """The vectors of rows."""
        return self._rows.read(rows)

    def products(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """The float32 product of every row with a vector."""
        return self._rows.products(vector, len(self))

    def matching(self, filter: Filter) -> NDArray[np.bool]:
        """Whether a filter holds of the metadata in each row; a free row has none."""
        columns = {key: self._column(key) for key in filter.keys}
        for key in list(self._columns)[:-MAX_COLUMNS]:
            del self._columns[key]
        return rows_matching(filter.condition, columns, len(self))

    def _column(self, key: str) -> Column:
        column = self._columns.pop(key, None)
        if column is None or column.is_worn(len(self)):
            column = Column(record and record[1].get(key) for record in self._records)
        self._columns[key] = column
        return column

    def _grow_to(self, row: int) -> None:
        while row >= len(self._records):
            self._free[len(self._records)] = None
            self._records.append(None)
        if row >= len(self._norms):
            more = max(len(self._norms), row + 1 - len(self._norms))
            self._norms = np.concatenate([self._norms, np.full(more, np.nan)])

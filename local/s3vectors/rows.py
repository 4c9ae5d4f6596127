"""Storage of a float32 matrix that grows by blocks and never moves a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A new block is virtual memory until rows are written, so a small index stays small.
BLOCK_BYTES = 16 * 2**20


class Rows:
    """Rows of one dimension, addressed by number."""

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._rows_per_block = max(1, BLOCK_BYTES // (4 * dimension))
        self._blocks: list[NDArray[np.float32]] = []

    def write(self, row: int, values: NDArray[np.float32]) -> None:
        """Set one row, which may be new."""
        block, place = divmod(row, self._rows_per_block)
        while block >= len(self._blocks):
            shape = (self._rows_per_block, self._dimension)
            self._blocks.append(np.zeros(shape, dtype=np.float32))
        self._blocks[block][place] = values

    def read(self, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """A copy of the given rows, in their order."""
        values = np.empty((len(rows), self._dimension), dtype=np.float32)
        blocks, places = np.divmod(rows, self._rows_per_block)
        for block in np.unique(blocks):
            chosen = blocks == block
            values[chosen] = self._blocks[block][places[chosen]]
        return values

    def products(self, vector: NDArray[np.float32], count: int) -> NDArray[np.float32]:
        """The float32 product of each of the first ``count`` rows with a vector."""
        products = np.empty(count, dtype=np.float32)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            for block, start in zip(
                self._blocks, range(0, count, self._rows_per_block), strict=False
            ):
                part = products[start : start + self._rows_per_block]
                np.dot(block[: len(part)], vector, out=part)
        return products

"""Storage of a float32 matrix that grows by blocks and never moves a row."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Each block is twice as large as the one before: a product with a large matrix is a few calls of
# the linear algebra library. A new block is virtual memory until rows are written.
FIRST_BLOCK_BYTES = 2**20


class Rows:
    """Rows of one dimension, addressed by number."""

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._blocks: list[NDArray[np.float32]] = []
        self._starts = [0]  # of every block, and the end of the last

    def write(self, row: int, values: NDArray[np.float32]) -> None:
        """Set one row, which may be new."""
        while row >= self._starts[-1]:
            self._add_block()
        block = bisect_right(self._starts, row) - 1
        self._blocks[block][row - self._starts[block]] = values

    def read(self, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """A copy of the given rows, in their order."""
        values = np.empty((len(rows), self._dimension), dtype=np.float32)
        blocks = np.searchsorted(self._starts, rows, side="right") - 1
        for block in np.unique(blocks):
            chosen = blocks == block
            values[chosen] = self._blocks[block][rows[chosen] - self._starts[block]]
        return values

    def products(self, vector: NDArray[np.float32], count: int) -> NDArray[np.float32]:
        """The float32 product of each of the first ``count`` rows with a vector."""
        products = np.empty(count, dtype=np.float32)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            for block, (start, end) in zip(self._blocks, pairwise(self._starts), strict=True):
                part = products[start:end]
                np.dot(block[: len(part)], vector, out=part)
        return products

    def _add_block(self) -> None:
        rows = max(1, FIRST_BLOCK_BYTES // (4 * self._dimension)) << len(self._blocks)
        self._blocks.append(np.zeros((rows, self._dimension), dtype=np.float32))
        self._starts.append(self._starts[-1] + rows)

"""Storage of a float32 matrix that grows: contiguous, so that a product with it is one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What is there beyond the rows in use: a 32nd, and this at least. Larger memory is moved by
# the operating system without copying it.
SPARE_BYTES = 2**16
SPARE_PART = 32


class Rows:
    """Rows of one dimension, addressed by number. No view of them outlives a call."""

    def __init__(self, dimension: int) -> None:
        self._values = np.empty((0, dimension), dtype=np.float32)

    def write(self, row: int, values: NDArray[np.float32]) -> None:
        """Set one row, which may be new."""
        if row >= len(self._values):
            spare = SPARE_BYTES // (4 * self._values.shape[1])
            rows = row + 1 + max(spare, row // SPARE_PART)
            self._values.resize((rows, self._values.shape[1]), refcheck=False)
        self._values[row] = values

    def read(self, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """A copy of the given rows, in their order."""
        return self._values[rows]

    def products(self, vector: NDArray[np.float32], count: int) -> NDArray[np.float32]:
        """The float32 product of each of the first ``count`` rows with a vector."""
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            products: NDArray[np.float32] = np.dot(self._values[:count], vector)
        return products

"""Distances between stored rows and one query vector: bounds for all, exact for a few.

Ranking works on one number per row, growing with distance: the cosine distance itself, or the
square of the Euclidean one. A float32 matrix product gives it with a known error for every row;
float64 arithmetic then settles those rows that the bounds leave in question.

* cosine: 1 - cosine similarity, in [0, 2] (verified by live probes);
* euclidean: the L2 distance, its root taken (AWS says neither root nor square; the order is the same).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

COSINE = "cosine"

FLOAT32_ROUNDOFF = 2.0**-24
FLOAT64_ROUNDOFF = 2.0**-53
FLOAT32_MAX = float(np.finfo(np.float32).max)
# Below this norm a row's products leave float32's normal range, and the error bound no longer holds.
SMALLEST_BOUNDED_NORM = 2.0**-60


class QueryVector:
    """One query vector, prepared for comparison with many rows."""

    def __init__(self, metric: str, vector: NDArray[np.float32]) -> None:
        self.metric = metric
        self.vector = vector.astype(np.float64)
        self.norm = float(np.sqrt(self.vector @ self.vector))
        unit = self.vector / self.norm if self.norm else self.vector
        # Of norm 1, so that a product with a finite row hardly ever overflows.
        self.unit = unit.astype(np.float32)

    def rank_bounds(
        self, products: NDArray[np.float32], norms: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lower and upper bounds of every row's rank; NaN where float32 says nothing.

        ``products`` are the rows' float32 products with ``unit``, ``norms`` the rows' norms. A
        product of d terms errs by at most about d roundoffs of the product of the norms.
        """
        slack = 2 * (len(self.vector) + 8) * FLOAT32_ROUNDOFF
        known = np.isfinite(products)
        if self.metric == COSINE:
            known &= norms >= SMALLEST_BOUNDED_NORM
            rank = 1 - np.divide(products, norms, out=np.full(len(norms), np.nan), where=known)
            return rank - slack, rank + slack
        product = np.where(known, products, np.nan).astype(np.float64) * self.norm
        rank = norms**2 - 2 * product + self.norm**2
        error = slack * (norms + self.norm) ** 2 + SMALLEST_BOUNDED_NORM**2 * (1 + self.norm)
        return rank - error, rank + error

    def rank_of(self, distance: float) -> float:
        """The rank that a distance has."""
        return distance if self.metric == COSINE else distance * distance

    def distances(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """The distance of each row, computed in float64 and rounded to float32."""
        wide = rows.astype(np.float64)
        if self.metric == COSINE:
            norms = np.sqrt(np.einsum("ij,ij->i", wide, wide))
            exact = 1 - (wide @ self.vector) / (norms * self.norm)
            # What is left of 1 - 1 is rounding: parallel vectors are at distance 0, not 2e-16.
            exact[np.abs(exact) < 2 * len(self.vector) * FLOAT64_ROUNDOFF] = 0
            exact = np.clip(exact, 0, 2)
        else:
            wide -= self.vector
            exact = np.sqrt(np.einsum("ij,ij->i", wide, wide))
        rounded: NDArray[np.float32] = np.minimum(exact, FLOAT32_MAX).astype(np.float32)
        return rounded.astype(np.float64)


def norms_of(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """The L2 norm of each row."""
    wide = rows.astype(np.float64)
    norms: NDArray[Any] = np.sqrt(np.einsum("ij,ij->i", wide, wide))
    return norms

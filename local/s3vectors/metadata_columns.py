"""The metadata of many rows by key, so that a filter is answered without looking at each row.

A column holds every distinct value of its key once, and for each row the number of its value. What
a comparison says is found for the values, in their order, and then looked up for all rows at once.
What a filter means is in ``filters``; this says the same, only faster.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from local.s3vectors.filters import Comparison, typed

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from numpy.typing import NDArray

    from local.s3vectors.filters import Condition

ABSENT = 0

# A column is worn when it holds more values than twice the rows, and at least so many.
FEWEST_WORN = 1_000


def rows_matching(
    condition: Condition, columns: Mapping[str, Column], rows: int
) -> NDArray[np.bool]:
    """Whether a condition holds of each of the first rows; ``columns`` has every key that it reads."""
    if isinstance(condition, Comparison):
        return columns[condition.key].matching(condition, rows)
    parts = [rows_matching(part, columns, rows) for part in condition.conditions]
    combine = np.logical_and if condition.all_must_hold else np.logical_or
    matching: NDArray[np.bool] = combine.reduce(parts)
    return matching


class Column:
    """The values of one metadata key by row; not safe for threads by itself.

    Values of no row any more stay until the column is worn, and is made anew by who holds it.
    """

    def __init__(self, values: Iterable[Any]) -> None:
        """Hold these values from row 0 on; None is an absent one."""
        self._number_of: dict[Hashable, int] = {}
        self._elements: dict[type, _Elements] = {kind: _Elements() for kind in (bool, float, str)}
        self._numbers = np.fromiter(map(self._number, values), dtype=np.int32)

    def put(self, row: int, value: Any) -> None:
        """Set the value of a row; None is an absent one."""
        if row >= len(self._numbers):
            more = np.full(max(len(self._numbers), row + 1 - len(self._numbers)), ABSENT)
            self._numbers = np.append(self._numbers, more.astype(np.int32))
        self._numbers[row] = self._number(value)

    def is_worn(self, rows: int) -> bool:
        """Whether most values are of none of so many rows."""
        return len(self._number_of) > max(2 * rows, FEWEST_WORN)

    def matching(self, comparison: Comparison, rows: int) -> NDArray[np.bool]:
        """Whether a comparison holds of each of the first rows."""
        return self._of_values(comparison)[self._numbers[:rows]]

    def _number(self, value: Any) -> int:
        if value is None:
            return ABSENT
        elements = value if isinstance(value, list) else [value]
        # An array and a scalar may hold the same, but a set is no pair.
        distinct = frozenset(map(typed, elements)) if isinstance(value, list) else typed(value)
        number = self._number_of.get(distinct)
        if number is None:
            number = self._number_of[distinct] = len(self._number_of) + 1
            for element in elements:
                self._elements[_kind(element)].add(element, number)
        return number

    def _of_values(self, comparison: Comparison) -> NDArray[np.bool]:
        """Whether a comparison holds of each value, by number."""
        operand = comparison.operand
        match comparison.operator:
            case "$exists":
                present: NDArray[np.bool] = np.arange(len(self._number_of) + 1) != ABSENT
                return present if operand else ~present
            case "$eq" | "$in":
                return self._any_equal(comparison)
            case "$ne" | "$nin":
                return ~self._any_equal(comparison)
            case "$startsWith":
                return self._holding(self._elements[str].starting_with(operand))
        return self._holding(self._elements[float].in_range(comparison.operator, operand))

    def _any_equal(self, comparison: Comparison) -> NDArray[np.bool]:
        equal = [self._elements[_kind(value)].equal(value) for _, value in comparison.operands]
        return self._holding(np.concatenate(equal))

    def _holding(self, numbers: NDArray[np.int32]) -> NDArray[np.bool]:
        holding = np.zeros(len(self._number_of) + 1, dtype=np.bool)
        holding[numbers] = True
        return holding


class _Elements:
    """Strings, numbers or booleans in order, each with the number of a value that it is in."""

    def __init__(self) -> None:
        self._elements: list[Any] = []
        self._numbers = np.empty(0, dtype=np.int32)
        self._added: list[tuple[Any, int]] = []

    def add(self, element: Any, number: int) -> None:
        self._added.append((element, number))

    def equal(self, operand: Any) -> NDArray[np.int32]:
        elements = self._in_order()
        return self._numbers[bisect_left(elements, operand) : bisect_right(elements, operand)]

    def in_range(self, operator: str, bound: Any) -> NDArray[np.int32]:
        elements = self._in_order()
        beside = bisect_left if operator in {"$gte", "$lt"} else bisect_right
        place = beside(elements, bound)
        return self._numbers[:place] if operator in {"$lt", "$lte"} else self._numbers[place:]

    def starting_with(self, prefix: str) -> NDArray[np.int32]:
        def start(text: str) -> str:
            return text[: len(prefix)]

        elements = self._in_order()
        first = bisect_left(elements, prefix, key=start)
        return self._numbers[first : bisect_right(elements, prefix, lo=first, key=start)]

    def _in_order(self) -> list[Any]:
        if self._added:
            known = zip(self._elements, self._numbers.tolist(), strict=True)
            ordered = sorted(chain(known, self._added), key=itemgetter(0))
            self._elements = [element for element, _ in ordered]
            self._numbers = np.array([number for _, number in ordered], dtype=np.int32)
            self._added = []
        return self._elements


def _kind(element: Any) -> type:
    return type(element) if isinstance(element, bool | str) else float

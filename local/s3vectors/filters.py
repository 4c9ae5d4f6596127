"""The metadata filter language.

A condition is an object with exactly one key: ``$and`` or ``$or`` over a non-empty array of
conditions, or a metadata key with a scalar (short for ``$eq``) or an object of operators that must
all hold. Everything else is InvalidFilterError. Live probes settled the grammar.

A comparison never crosses types (``true`` is not ``"true"``, nor 1) and is false of an absent key.
On an array it holds when it holds of any element: documented for ``$eq``, taken to be so for the
others. ``$ne`` and ``$nin`` are the exact opposites of ``$eq`` and ``$in``, so they hold of an
absent key: AWS does not say.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.s3vectors.errors import InvalidFilterError
from local.s3vectors.metadata import is_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Per filter in ENHANCED mode: every compared value counts, each of an `$in` too; wrappers are free.
MAX_CONSTRAINTS = 100
# AWS states no limit; this one keeps a hostile filter from exhausting the interpreter's stack.
MAX_DEPTH = 64

RANGE: dict[str, Callable[[Any, Any], bool]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One operator on one metadata key."""

    key: str
    operator: str
    operand: Any

    def matches(self, metadata: Mapping[str, Any]) -> bool:
        """Whether it holds of metadata."""
        value = metadata.get(self.key)
        held = value if isinstance(value, list) else [] if value is None else [value]
        match self.operator:
            case "$eq" | "$in":
                return not self.operands.isdisjoint(map(typed, held))
            case "$ne" | "$nin":
                return self.operands.isdisjoint(map(typed, held))
            case "$exists":
                return bool(held) is self.operand
            case "$startsWith":
                return any(isinstance(v, str) and v.startswith(self.operand) for v in held)
        compare = RANGE[self.operator]
        return any(is_number(v) and compare(v, self.operand) for v in held)

    @property
    def operands(self) -> frozenset[tuple[bool, Any]]:
        """The operand, or each of an array's, in a form that compares within its type only."""
        return frozenset(
            map(typed, self.operand if isinstance(self.operand, list) else [self.operand])
        )


@dataclass(frozen=True, slots=True)
class Combination:
    """Conditions that must all hold, or of which one must."""

    conditions: tuple[Condition, ...]
    all_must_hold: bool

    def matches(self, metadata: Mapping[str, Any]) -> bool:
        """Whether it holds of metadata."""
        held = (condition.matches(metadata) for condition in self.conditions)
        return all(held) if self.all_must_hold else any(held)


Condition = Comparison | Combination


@dataclass(frozen=True, slots=True)
class Filter:
    """A valid filter: its condition, the metadata keys that it reads, its number of constraints."""

    condition: Condition
    keys: frozenset[str]
    constraints: int

    def matches(self, metadata: Mapping[str, Any]) -> bool:
        """Whether the filter holds of metadata."""
        return self.condition.matches(metadata)


def parse_filter(document: object, *, enhanced: bool = True) -> Filter:
    """The filter that a document is.

    ``$startsWith`` and the maximum of 100 constraints belong to ENHANCED mode. Raises
    InvalidFilterError.
    """
    parser = _Parser(enhanced=enhanced)
    condition = parser.condition(document, depth=1)
    if enhanced and parser.constraints > MAX_CONSTRAINTS:
        raise InvalidFilterError(f"{parser.constraints} constraints; {MAX_CONSTRAINTS} are allowed")
    return Filter(condition, frozenset(parser.keys), parser.constraints)


class _Parser:
    """One walk over a filter, collecting its keys and constraints."""

    def __init__(self, *, enhanced: bool) -> None:
        self.enhanced = enhanced
        self.keys: set[str] = set()
        self.constraints = 0

    def condition(self, document: object, depth: int) -> Condition:
        if not isinstance(document, dict) or len(document) != 1:
            raise InvalidFilterError(f"not an object with exactly one key: {document!r:.200}")
        if depth > MAX_DEPTH:
            raise InvalidFilterError(f"nested deeper than {MAX_DEPTH}")
        ((key, operand),) = document.items()
        if key in ("$and", "$or"):
            return self.combination(key, operand, depth)
        if key.startswith("$"):
            raise InvalidFilterError(f"{key}: neither $and, $or nor a metadata key")
        self.keys.add(key)
        operators = operand if isinstance(operand, dict) else {"$eq": operand}
        if not operators:
            raise InvalidFilterError(f"{key}: no operator")
        comparisons = [self.comparison(key, *item) for item in operators.items()]
        return Combination(tuple(comparisons), all_must_hold=True)

    def combination(self, name: str, operand: object, depth: int) -> Condition:
        if not isinstance(operand, list) or not operand:
            raise InvalidFilterError(f"{name}: not a non-empty array: {operand!r:.200}")
        branches = [self.condition(branch, depth + 1) for branch in operand]
        return Combination(tuple(branches), all_must_hold=name == "$and")

    def comparison(self, key: str, name: str, operand: Any) -> Condition:
        operands = operand if name in ("$in", "$nin") and isinstance(operand, list) else [operand]
        self.constraints += len(operands)
        if not self.takes(name, operand):
            raise InvalidFilterError(f"{key}: {name} does not take {operand!r:.200}")
        return Comparison(key, name, operand)

    def takes(self, name: str, operand: object) -> bool:
        match name:
            case "$eq" | "$ne":
                return _is_scalar(operand)
            case "$in" | "$nin":
                return isinstance(operand, list) and operand != [] and all(map(_is_scalar, operand))
            case "$gt" | "$gte" | "$lt" | "$lte":
                return is_number(operand)
            case "$startsWith":
                return self.enhanced and isinstance(operand, str)
            case "$exists":
                return isinstance(operand, bool)
        return False


def typed(value: object) -> tuple[bool, object]:
    """A scalar in a form that equals those of the same JSON type only: in Python, True == 1."""
    return isinstance(value, bool), value


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float)

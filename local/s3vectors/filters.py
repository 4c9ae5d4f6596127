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
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.s3vectors.errors import InvalidFilterError
from local.s3vectors.metadata import is_number

Predicate = Callable[[Mapping[str, Any]], bool]

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
class Filter:
    """A valid filter: what it matches, the metadata keys it reads, its number of constraints."""

    matches: Predicate
    keys: frozenset[str]
    constraints: int


def parse_filter(document: object, *, enhanced: bool = True) -> Filter:
    """The filter that a document is.

    ``$startsWith`` and the maximum of 100 constraints belong to ENHANCED mode. Raises
    InvalidFilterError.
    """
    parser = _Parser(enhanced=enhanced)
    matches = parser.condition(document, depth=1)
    if enhanced and parser.constraints > MAX_CONSTRAINTS:
        raise InvalidFilterError(f"{parser.constraints} constraints; {MAX_CONSTRAINTS} are allowed")
    return Filter(matches, frozenset(parser.keys), parser.constraints)


class _Parser:
    """One walk over a filter, collecting its keys and constraints."""

    def __init__(self, *, enhanced: bool) -> None:
        self.enhanced = enhanced
        self.keys: set[str] = set()
        self.constraints = 0

    def condition(self, document: object, depth: int) -> Predicate:
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
        return _conjunction([self.comparison(key, *item) for item in operators.items()])

    def combination(self, name: str, operand: object, depth: int) -> Predicate:
        if not isinstance(operand, list) or not operand:
            raise InvalidFilterError(f"{name}: not a non-empty array: {operand!r:.200}")
        branches = [self.condition(branch, depth + 1) for branch in operand]
        if name == "$and":
            return _conjunction(branches)
        return lambda metadata: any(branch(metadata) for branch in branches)

    def comparison(self, key: str, name: str, operand: Any) -> Predicate:
        operands = operand if name in ("$in", "$nin") and isinstance(operand, list) else [operand]
        self.constraints += len(operands)
        match name:
            case "$eq" | "$ne" if _is_scalar(operand):
                return _membership(key, [operand], negated=name == "$ne")
            case "$in" | "$nin" if isinstance(operand, list) and operand:
                if all(map(_is_scalar, operand)):
                    return _membership(key, operand, negated=name == "$nin")
            case "$gt" | "$gte" | "$lt" | "$lte" if is_number(operand):
                compare = RANGE[name]
                return _any_element(key, lambda v: is_number(v) and compare(v, operand))
            case "$startsWith" if self.enhanced and isinstance(operand, str):
                return _any_element(key, lambda v: isinstance(v, str) and v.startswith(operand))
            case "$exists" if isinstance(operand, bool):
                return lambda metadata: (key in metadata) is operand
        raise InvalidFilterError(f"{key}: {name} does not take {operand!r:.200}")


def _conjunction(predicates: list[Predicate]) -> Predicate:
    if len(predicates) == 1:
        return predicates[0]
    return lambda metadata: all(predicate(metadata) for predicate in predicates)


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float)


def _typed(value: object) -> tuple[bool, object]:
    return isinstance(value, bool), value  # True == 1 in Python, not in JSON


def _membership(key: str, operands: list[Any], *, negated: bool) -> Predicate:
    wanted = frozenset(map(_typed, operands))
    found = _any_element(key, lambda value: _typed(value) in wanted)
    return (lambda metadata: not found(metadata)) if negated else found


def _any_element(key: str, holds: Callable[[Any], bool]) -> Predicate:
    def predicate(metadata: Mapping[str, Any]) -> bool:
        value = metadata.get(key)
        if value is None:
            return False
        return any(map(holds, value)) if isinstance(value, list) else holds(value)

    return predicate

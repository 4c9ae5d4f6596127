"""Filters: from the user's attribute names to what the vector index evaluates.

The language is S3 Vectors' own, over a document's attributes, with one convenience: several
attributes in one object are an "and". The service takes one key an object, knows the attributes
under a prefix, and answers anything else with "Invalid filter"; so rules are checked here, and an
error names the path. Structure is built, never formatted: a value cannot become syntax.
"""

from collections.abc import Callable, Mapping
from typing import Any

from querying.errors import FilterError
from vector_store.chunk_record import ATTRIBUTE_PREFIX
from vector_store.vector import is_number

Filter = dict[str, Any]

MAX_CONSTRAINTS = 100
"""Values that one filter may have evaluated; an `$in` of n counts n (a limit of S3 Vectors)."""

MAX_DEPTH = 20
"""Far deeper than a filter of 100 constraints needs to be."""

OPERATORS = "$eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $exists, $startsWith"


def compile_filter(filter: Mapping[str, Any]) -> Filter:
    """Return the filter as the vector index takes it.

    Raises FilterError, whose message begins with the path, e.g.
    `filter.year.$gt: expected a number, got "2024"`.
    """
    compiled = _filter(filter, "filter", 0)
    count = _constraints(compiled)
    if count > MAX_CONSTRAINTS:
        raise FilterError(
            f"filter: it compares {count} values; the most is {MAX_CONSTRAINTS} "
            "(each value of an $in or $nin counts)"
        )
    return compiled


def _filter(filter: object, path: str, depth: int) -> Filter:
    if depth > MAX_DEPTH:
        raise FilterError(f"{path}: it is nested more than {MAX_DEPTH} deep")
    if not isinstance(filter, Mapping) or not filter:
        raise FilterError(f"{path}: expected an object with an attribute, $and or $or")
    parts = [_entry(name, value, f"{path}.{name}", depth) for name, value in filter.items()]
    return parts[0] if len(parts) == 1 else {"$and": parts}


def _entry(name: str, value: object, path: str, depth: int) -> Filter:
    if name in {"$and", "$or"}:
        if not isinstance(value, list) or not value:
            raise FilterError(f"{path}: expected an array of one or more filters")
        return {name: [_filter(f, f"{path}[{i}]", depth + 1) for i, f in enumerate(value)]}
    if name.startswith("$"):
        raise FilterError(f"{path}: an operator stands inside an attribute's object: {OPERATORS}")
    return {ATTRIBUTE_PREFIX + name: _condition(value, path)}


def _condition(condition: object, path: str) -> Filter:
    if not isinstance(condition, Mapping):
        _expect(_is_scalar, condition, path, "a string, a number, true, false or an object")
        return {"$eq": condition}
    if not condition:
        raise FilterError(f"{path}: expected one or more of {OPERATORS}")
    for operator, operand in condition.items():
        if operator not in _OPERANDS:
            raise FilterError(f"{path}.{operator}: no such operator; there are {OPERATORS}")
        is_valid, expected = _OPERANDS[operator]
        _expect(is_valid, operand, f"{path}.{operator}", expected)
    return dict(condition)


def _expect(is_valid: Callable[[Any], bool], value: object, path: str, expected: str) -> None:
    if not is_valid(value):
        raise FilterError(f"{path}: expected {expected}, got {_shown(value)}")


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f'"{value[:80]}"'
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return "an array" if isinstance(value, list) else str(value)[:80]


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | bool) or is_number(value)


def _is_scalars(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_scalar, value))


_SCALAR = (_is_scalar, "a string, a number, true or false")
_NUMBER = (is_number, "a number")
_SCALARS = (_is_scalars, "an array of one or more strings, numbers or booleans")

_OPERANDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "$eq": _SCALAR,
    "$ne": _SCALAR,
    "$gt": _NUMBER,
    "$gte": _NUMBER,
    "$lt": _NUMBER,
    "$lte": _NUMBER,
    "$in": _SCALARS,
    "$nin": _SCALARS,
    "$exists": (lambda value: isinstance(value, bool), "true or false"),
    "$startsWith": (lambda value: isinstance(value, str), "a string"),
}


def _constraints(compiled: Filter) -> int:
    ((name, value),) = compiled.items()
    if name in {"$and", "$or"}:
        return sum(map(_constraints, value))
    return sum(len(o) if isinstance(o, list) else 1 for o in value.values())

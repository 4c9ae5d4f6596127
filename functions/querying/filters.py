"""Filters: from the user's attribute names to what the vector index evaluates.

The language is S3 Vectors' own, over a document's attributes, with two conveniences: several
attributes in one object are an "and", and a date may be compared with `$gt` and its like. The
service takes one key an object, knows the attributes under a prefix, compares numbers alone, and
answers anything else with "Invalid filter"; so rules are checked here, and an error names the path.
Structure is built, never formatted: a value cannot become syntax.

`$ne` and `$nin` are the opposites of `$eq` and `$in`, so they hold of a document that lacks the
attribute. The service does not say whether they do there; what is compiled makes it so.
"""

from collections.abc import Callable, Mapping
from typing import Any

from querying.errors import FilterError
from vector_store.attribute_dates import DATE_FORM, epoch_name, epoch_seconds
from vector_store.chunk_record import ATTRIBUTE_PREFIX
from vector_store.vector import is_number

Filter = dict[str, Any]

MAX_DEPTH = 20
"""Far deeper than a filter of 100 constraints needs to be."""

OPERATORS = "$eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $exists, $startsWith"


def compile_filter(filter: Mapping[str, Any]) -> Filter:
    """Return the filter as the vector index takes it, of however many constraints.

    Raises FilterError, whose message begins with the path, e.g.
    `filter.year.$gt: expected a number, got "2024"`.
    """
    return _filter(filter, "filter", 0)


def _filter(filter: object, path: str, depth: int) -> Filter:
    if depth > MAX_DEPTH:
        raise FilterError(f"{path}: it is nested more than {MAX_DEPTH} deep")
    if not isinstance(filter, Mapping) or not filter:
        raise FilterError(f"{path}: expected an object with an attribute, $and or $or")
    return _all_of([_entry(name, value, f"{path}.{name}", depth) for name, value in filter.items()])


def _entry(name: str, value: object, path: str, depth: int) -> Filter:
    if name in {"$and", "$or"}:
        if not isinstance(value, list) or not value:
            raise FilterError(f"{path}: expected an array of one or more filters")
        return {name: [_filter(f, f"{path}[{i}]", depth + 1) for i, f in enumerate(value)]}
    if name.startswith("$"):
        raise FilterError(f"{path}: an operator stands inside an attribute's object: {OPERATORS}")
    if not isinstance(value, Mapping):
        _expect(_is_scalar, value, path, "a string, a number, true, false or an object")
        return {ATTRIBUTE_PREFIX + name: {"$eq": value}}
    if not value:
        raise FilterError(f"{path}: expected one or more of {OPERATORS}")
    return _comparisons(name, value, path)


def _comparisons(name: str, condition: Mapping[str, Any], path: str) -> Filter:
    itself: Filter = {}
    as_number: Filter = {}
    key = ATTRIBUTE_PREFIX + name
    opposites = []
    for operator, operand in condition.items():
        if operator not in _CHECKS:
            raise FilterError(f"{path}.{operator}: no such operator; there are {OPERATORS}")
        _CHECKS[operator](operand, f"{path}.{operator}")
        if operator in {"$ne", "$nin"}:
            opposites.append({"$or": [{key: {"$exists": False}}, {key: {operator: operand}}]})
        elif operator in _RANGES and isinstance(operand, str):
            as_number[operator] = epoch_seconds(operand)
        else:
            itself[operator] = operand
    parts = {key: itself, ATTRIBUTE_PREFIX + epoch_name(name): as_number}
    return _all_of([{k: operators} for k, operators in parts.items() if operators] + opposites)


def _all_of(parts: list[Filter]) -> Filter:
    return parts[0] if len(parts) == 1 else {"$and": parts}


def _expect(is_valid: Callable[[Any], bool], value: object, path: str, expected: str) -> None:
    if not is_valid(value):
        raise FilterError(f"{path}: expected {expected}, got {_shown(value)}")


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f'"{value[:80]}"'
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Mapping):
        return "an object"
    return "an array" if isinstance(value, list) else str(value)[:80]


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | bool) or is_number(value)


def _scalar(value: object, path: str) -> None:
    _expect(_is_scalar, value, path, "a string, a number, true or false")


def _scalars(value: object, path: str) -> None:
    if not isinstance(value, list) or not value:
        raise FilterError(
            f"{path}: expected an array of one or more strings, numbers or booleans, "
            f"got {'an empty one' if value == [] else _shown(value)}"
        )
    for position, element in enumerate(value):
        _scalar(element, f"{path}[{position}]")


def _number_or_date(value: object, path: str) -> None:
    if not is_number(value) and epoch_seconds(value) is None:
        hint = f" (a date is {DATE_FORM})" if isinstance(value, str) and "-" in value else ""
        raise FilterError(f"{path}: expected a number, got {_shown(value)}{hint}")


def _boolean(value: object, path: str) -> None:
    _expect(lambda v: isinstance(v, bool), value, path, "true or false")


def _string(value: object, path: str) -> None:
    _expect(lambda v: isinstance(v, str), value, path, "a string")


_RANGES = ("$gt", "$gte", "$lt", "$lte")

_CHECKS: dict[str, Callable[[Any, str], None]] = {
    "$eq": _scalar,
    "$ne": _scalar,
    **dict.fromkeys(_RANGES, _number_or_date),
    "$in": _scalars,
    "$nin": _scalars,
    "$exists": _boolean,
    "$startsWith": _string,
}

"""Requests as botocore's model of the service describes them."""

from __future__ import annotations

import functools
import json
import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, StructureShape

from local.s3vectors.errors import InvalidField, SerializationError, ValidationError

if TYPE_CHECKING:
    from botocore.model import Shape

# Smithy's JSON protocols write the floats that JSON has not got as strings.
NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}

# What JSON readers, orjson among them, keep as an integer.
INTEGERS = (-(2**63), 2**64 - 1)

# What `re` lacks of the model's patterns. \w is letters, numbers and the underscore, which every
# pattern that uses \p{L} admits too; \p{Z} is the separators.
UNICODE_CLASSES = {
    r"\p{L}": r"\w",
    r"\p{N}": r"\w",
    r"\p{Z}": " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
}


@functools.cache
def service_model() -> ServiceModel:
    """The model of Amazon S3 Vectors in the installed botocore (1.44.5 or newer)."""
    return ServiceModel(Loader().load_service_model("s3vectors", "service-2"), "s3vectors")


def read_request(operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """The members of a request that the model knows, without nulls; float lists as float32 arrays.

    Raises SerializationError for a value of the wrong JSON type and ValidationError, naming every
    field, for required, length, range, pattern and enum constraints.
    """
    shape = service_model().operation_model(operation).input_shape
    failures: list[InvalidField] = []
    value: dict[str, Any] = _read(shape, request, "", failures) if shape else {}
    if failures:
        count = f"{len(failures)} validation error{'s' if len(failures) > 1 else ''} detected. "
        raise ValidationError(count + "; ".join(f.message for f in failures), failures)
    return value


def _read(shape: Shape, value: Any, path: str, failures: list[InvalidField]) -> Any:
    if getattr(shape, "is_document_type", False):
        return _document(value, path)
    match shape:
        case StructureShape():
            return _structure(shape, value, path, failures)
        case ListShape() if shape.member.type_name == "float":
            return _floats(value, path)
        case ListShape():
            items = _typed(value, list, path)
            _check(shape, items, path, failures)
            return [_read(shape.member, v, f"{path}/{i}", failures) for i, v in enumerate(items)]
        case MapShape():
            entries = _typed(value, dict, path)
            return {
                _read(shape.key, k, path, failures): _read(shape.value, v, f"{path}/{k}", failures)
                for k, v in entries.items()
            }
        case _:
            kind = {"string": str, "boolean": bool, "integer": int}[shape.type_name]
            scalar = _typed(value, kind, path)
            _check(shape, scalar, path, failures)
            return scalar


def _structure(
    shape: StructureShape, value: Any, path: str, failures: list[InvalidField]
) -> dict[str, Any]:
    given = _typed(value, dict, path)
    members = {
        name: _read(member, given[name], f"{path}/{name}", failures)
        for name, member in shape.members.items()
        if given.get(name) is not None
    }
    if getattr(shape, "is_tagged_union", False) and len(members) != 1:
        raise SerializationError(f"{path}: exactly one of {', '.join(shape.members)} must be set")
    for name in shape.required_members:
        if name not in members:
            _fail(failures, f"{path}/{name}", "Value", "Member must not be null")
    return members


def _typed(value: Any, kind: type, path: str) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise SerializationError(f"{path or '/'}: {type(value).__name__} is not {kind.__name__}")
    if isinstance(value, str):
        _check_text(value, path)
    return value


def _check_text(text: str, path: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise SerializationError(f"{path}: a lone surrogate") from error


def _floats(value: Any, path: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    floats = _typed(value, list, path)
    if not set(map(type, floats)) <= {int, float}:
        floats = [NON_FINITE.get(v, v) if isinstance(v, str) else v for v in floats]
        if not set(map(type, floats)) <= {int, float}:
            raise SerializationError(f"{path}: not all elements are numbers")
    try:
        # The service judges components after rounding to float32: 1e39 is Infinity.
        with np.errstate(over="ignore", under="ignore"):
            return np.array(floats, dtype=np.float32)
    except OverflowError as error:
        raise SerializationError(f"{path}: an integer that no double holds") from error


def _document(value: Any, path: str) -> Any:
    """The value as JSON carries it: integers of more than 64 bits become the nearest double."""
    pending = [value]
    is_wide = False
    while pending:
        match pending.pop():
            case dict() as entries:
                for key in entries:
                    _typed(key, str, path)
                pending.extend(entries.values())
            case list() as items:
                pending.extend(items)
            case str() as text:
                _check_text(text, path)
            case bool() | None:
                pass
            case int() as number:
                is_wide |= not INTEGERS[0] <= number <= INTEGERS[1]
            case float() as number if math.isfinite(number):
                pass
            case other:
                raise SerializationError(f"{path}: {other!r:.200} is not JSON")
    return _reread(value, path) if is_wide else value


def _reread(value: Any, path: str) -> Any:
    try:
        return orjson.loads(json.dumps(value))
    except (ValueError, RecursionError) as error:
        raise SerializationError(f"{path}: an integer that no double holds, or too deep") from error


def _check(shape: Shape, value: Any, path: str, failures: list[InvalidField]) -> None:
    constraints = shape.metadata
    enum, pattern = constraints.get("enum"), constraints.get("pattern")
    if enum and value not in enum:
        _fail(failures, path, "Value", f"Member must satisfy enum value set: [{', '.join(enum)}]")
    if pattern and not _compiled(pattern).fullmatch(value):
        rule = f"Member must satisfy regular expression pattern: ^{pattern}$"
        _fail(failures, path, "Value", rule)
    if isinstance(value, int):
        size, subject, noun = value, "Value", "be"
    else:
        size, subject, noun = len(value), f"Value with length {len(value)}", "have length"
    low, high = constraints.get("min"), constraints.get("max")
    if not (low is None or low <= size) or not (high is None or size <= high):
        _fail(failures, path, subject, f"Member must {noun} {_range(low, high)}")


def _range(low: int | None, high: int | None) -> str:
    if high is None:
        return f"greater than or equal to {low}"
    if low is None:
        return f"less than or equal to {high}"
    return f"between {low} and {high}, inclusive"


def _fail(failures: list[InvalidField], path: str, subject: str, rule: str) -> None:
    message = f"{subject} at '{path}' failed to satisfy constraint: {rule}"
    failures.append(InvalidField(path, message))


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    for name, characters in UNICODE_CLASSES.items():
        pattern = pattern.replace(name, characters)
    return re.compile(pattern)

"""Requests read as their types say, and not otherwise; what does not fit is said by its field."""

import re
from typing import Any, TypeVar

from msgspec import DecodeError, Struct, ValidationError, convert
from msgspec.json import decode
from msgspec.structs import fields

from querying.errors import InvalidFieldError, MalformedBodyError

Request = TypeVar("Request", bound=Struct)

# What msgspec says of fields, which it names in its messages alone.
_AT = " - at `$."
_NAMED = r"(?s)Object (?P<problem>contains unknown|missing required) field `(?P<field>.*)`"


def from_json(body: bytes, kind: type[Request]) -> Request:
    """Return the request that a body is. Raises MalformedBodyError and InvalidFieldError."""
    try:
        values = decode(body)
    except RecursionError as error:
        raise MalformedBodyError("the body is nested too deep") from error
    except (DecodeError, UnicodeDecodeError) as error:
        raise MalformedBodyError(
            f'the body is not JSON: expected {{"query": "…"}} ({error})'
        ) from error
    if isinstance(values, dict):
        values = {name: _whole(value) for name, value in values.items()}
    return from_values(values, kind)


def from_values(values: Any, kind: type[Request]) -> Request:
    """Return the request that has these values by name. Raises InvalidFieldError."""
    try:
        return convert(values, kind)
    except ValidationError as error:
        raise _invalid(str(error), kind) from error


def _whole(value: Any) -> Any:
    """In JSON, 3.0 is an integer too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _invalid(message: str, kind: type[Struct]) -> InvalidFieldError:
    if not (found := re.fullmatch(_NAMED, message)):
        problem, at, field = message.rpartition(_AT)
        if at:
            return InvalidFieldError(field.removesuffix("`"), _plain(problem))
        return InvalidFieldError("body", _plain(message))
    if found["problem"] == "missing required":
        return InvalidFieldError(found["field"], "it is required")
    known = ", ".join(field.name for field in fields(kind))
    return InvalidFieldError(found["field"], f"there is no such field; there are {known}")


def _plain(message: str) -> str:
    return message.replace("`", "").replace("Expected", "expected", 1)

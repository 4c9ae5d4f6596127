"""Patterns of policies: ``*`` and ``?`` as wildcards, ``${key}`` as values of the request."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    Context = Mapping[str, tuple[str, ...]]  # values by condition key in lower case

VARIABLE = re.compile(r"\$\{([^}]*)\}")
LITERALS = {"*": "*", "?": "?", "$": "$"}


def resolved(pattern: str, context: Context) -> str | None:
    """The pattern as a regular expression; None if a variable of it has no single value.

    A variable's value is taken literally, wildcards in it too. ``${key, 'x'}`` is x without one.
    """
    expression = ""
    end = 0
    for variable in VARIABLE.finditer(pattern):
        value = _value(variable[1], context)
        if value is None:
            return None
        expression += _wildcards(pattern[end : variable.start()]) + re.escape(value)
        end = variable.end()
    return expression + _wildcards(pattern[end:])


def matches(pattern: str, text: str, context: Context, *, ignore_case: bool = False) -> bool:
    """Whether a text is what a pattern says."""
    expression = resolved(pattern, context)
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    return expression is not None and re.fullmatch(expression, text, flags) is not None


def literal(text: str, context: Context) -> str | None:
    """The text with its variables replaced; None if one has no single value."""
    values = [_value(variable, context) for variable in VARIABLE.findall(text)]
    if None in values:
        return None
    replacements = iter(values)
    return VARIABLE.sub(lambda _: str(next(replacements)), text)


def _value(variable: str, context: Context) -> str | None:
    if variable in LITERALS:
        return LITERALS[variable]
    key, _, default = (part.strip() for part in variable.partition(","))
    values = context.get(key.lower(), ())
    if len(values) == 1:
        return values[0]
    return default[1:-1] if default else None


@functools.cache
def _wildcards(pattern: str) -> str:
    return re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")

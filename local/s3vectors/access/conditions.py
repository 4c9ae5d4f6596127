"""The Condition element of a policy statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.s3vectors.access.errors import PolicyError
from local.s3vectors.access.patterns import literal, matches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from local.s3vectors.access.patterns import Context

    Test = Callable[[str, str, Context], bool]  # a value of the request, one of the policy

IF_EXISTS = "IfExists"


def _equals(value: str, wanted: str, context: Context) -> bool:
    return value == literal(wanted, context)


def _equals_ignoring_case(value: str, wanted: str, context: Context) -> bool:
    text = literal(wanted, context)
    return text is not None and value.lower() == text.lower()


def _like(value: str, wanted: str, context: Context) -> bool:
    return matches(wanted, value, context)


TESTS: dict[str, Test] = {
    "StringEquals": _equals,
    "StringEqualsIgnoreCase": _equals_ignoring_case,
    "StringLike": _like,
    "ArnEquals": _like,  # of ARNs, the two do the same
    "ArnLike": _like,
    "Bool": _equals_ignoring_case,
}
NEGATIONS = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator, one condition key and the values of which one must fit.

    Without a value in the request a condition is false; a negated one, ``IfExists`` and
    ``ForAllValues`` are true.
    """

    operator: str
    quantifier: str  # "", "ForAnyValue" or "ForAllValues"
    if_exists: bool
    key: str  # in lower case
    wanted: tuple[str, ...]

    def holds(self, context: Context) -> bool:
        """Whether a request meets the condition."""
        values = context.get(self.key, ())
        if self.operator == "Null":
            return _equals_ignoring_case("false" if values else "true", self.wanted[0], context)
        negated = self.operator in NEGATIONS
        if not values and self.quantifier != "ForAnyValue":
            return negated or self.if_exists or self.quantifier == "ForAllValues"
        test = TESTS[NEGATIONS.get(self.operator, self.operator)]
        outcomes = [
            any(test(value, wanted, context) for wanted in self.wanted) is not negated
            for value in values
        ]
        return any(outcomes) if self.quantifier == "ForAnyValue" else all(outcomes)


def parse_conditions(element: Any) -> tuple[Condition, ...]:
    """The conditions of a Condition element; PolicyError for an operator that is unknown here."""
    if not isinstance(element, dict):
        raise PolicyError(f"Condition is not an object: {element!r:.200}")
    return tuple(
        _condition(operator, key, wanted)
        for operator, keys in element.items()
        for key, wanted in keys.items()
    )


def _condition(name: str, key: str, wanted: Any) -> Condition:
    quantifier, _, operator = name.rpartition(":")
    if_exists = operator.endswith(IF_EXISTS)
    operator = operator.removesuffix(IF_EXISTS)
    known = {*TESTS, *NEGATIONS, "Null"}
    if operator not in known or quantifier not in {"", "ForAnyValue", "ForAllValues"}:
        raise PolicyError(f"Condition operator {name!r} is none of {', '.join(sorted(known))}")
    return Condition(operator, quantifier, if_exists, key.lower(), tuple(_texts(wanted)))


def _texts(wanted: Any) -> Iterable[str]:
    for value in wanted if isinstance(wanted, list | tuple) else [wanted]:
        yield str(value).lower() if isinstance(value, bool) else str(value)

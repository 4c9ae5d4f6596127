"""Policy statements, and what a set of them says of one action on one resource."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.s3vectors.access.conditions import Condition, parse_conditions
from local.s3vectors.access.errors import PolicyError
from local.s3vectors.access.patterns import matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from local.s3vectors.access.patterns import Context

ALLOW = "Allow"
DENY = "Deny"

SERVICE = "s3vectors"  # its prefix in the names of actions


@dataclass(frozen=True, slots=True)
class Patterns:
    """An Action, Resource or Principal element, or its Not form."""

    patterns: tuple[str, ...]
    negated: bool = False

    def match(self, text: str, context: Context, *, ignore_case: bool = False) -> bool:
        """Whether the text is one of the element's."""
        found = any(matches(p, text, context, ignore_case=ignore_case) for p in self.patterns)
        return found is not self.negated


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy; ``principals`` only in a resource's policy."""

    effect: str
    actions: Patterns
    resources: Patterns
    conditions: tuple[Condition, ...] = ()
    principals: tuple[str, ...] | None = None

    def concerns(self, action: str, resource: str, context: Context) -> bool:
        """Whether action, resource and conditions fit; the principal is the caller's to check."""
        return (
            self.actions.match(action, context, ignore_case=True)
            and self.resources.match(resource, context)
            and all(condition.holds(context) for condition in self.conditions)
        )


def parse_identity_statements(
    statements: Iterable[Mapping[str, Any]], service: str
) -> tuple[Statement, ...]:
    """The statements of a role's policies that can concern a service; raises PolicyError."""
    return tuple(_parse(s) for s in statements if _concerns(s, service))


def parse_resource_statements(document: Any) -> tuple[Statement, ...]:
    """The statements of a vector bucket's policy, each with its principals; raises PolicyError."""
    given = document.get("Statement") if isinstance(document, dict) else None
    statements: list[Any] = given if isinstance(given, list) else [given]
    if not statements or not all(isinstance(statement, dict) for statement in statements):
        raise PolicyError("The policy has no Statement")
    return tuple(_parse(statement, principals=_principals(statement)) for statement in statements)


def _parse(statement: Mapping[str, Any], principals: tuple[str, ...] | None = None) -> Statement:
    effect = statement.get("Effect")
    if effect not in (ALLOW, DENY):
        raise PolicyError(f"Effect is neither Allow nor Deny: {effect!r}")
    return Statement(
        effect=effect,
        actions=_element(statement, "Action"),
        resources=_element(statement, "Resource"),
        conditions=parse_conditions(statement.get("Condition", {})),
        principals=principals,
    )


def _element(statement: Mapping[str, Any], name: str) -> Patterns:
    given = [key for key in (name, f"Not{name}") if key in statement]
    if len(given) != 1:
        raise PolicyError(f"A statement has either {name} or Not{name}: {statement!r:.200}")
    return Patterns(_strings(statement[given[0]], given[0]), negated=given[0] != name)


def _principals(statement: Mapping[str, Any]) -> tuple[str, ...]:
    principal = statement.get("Principal")
    if principal == "*":
        return ("*",)
    if not isinstance(principal, dict) or not principal:
        raise PolicyError(f"A statement has a Principal, * or an object: {statement!r:.200}")
    return _strings(principal.get("AWS", []), "Principal")


def _strings(value: Any, name: str) -> tuple[str, ...]:
    values = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(v, str) for v in values):
        raise PolicyError(f"{name} is neither a string nor an array of strings: {value!r:.200}")
    return tuple(values)


def _concerns(statement: Mapping[str, Any], service: str) -> bool:
    if "NotAction" in statement:
        return True
    actions = _strings(statement.get("Action", []), "Action")
    prefixes = {action.lower().partition(":")[0] for action in actions}
    return service in prefixes or any("*" in prefix for prefix in prefixes)

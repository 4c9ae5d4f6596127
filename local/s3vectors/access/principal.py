"""Who calls, and what the statements of their policies say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.s3vectors.access.statements import (
    ALLOW,
    DENY,
    SERVICE,
    Statement,
    parse_identity_statements,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from local.s3vectors.access.patterns import Context


@dataclass(frozen=True, slots=True)
class Principal:
    """A role, or a session of one: its ARN, the statements of its policies, its tags.

    Statements are plain objects as in a policy document, of any services. Raises PolicyError for
    one about S3 Vectors that cannot be evaluated; one about another service raises it when a
    request to that service is judged.
    """

    arn: str
    statements: tuple[Mapping[str, Any], ...]
    tags: Mapping[str, str] = field(default_factory=dict)
    _parsed: dict[str, tuple[Statement, ...]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        """Find statements that cannot be evaluated before they are needed."""
        self._statements_on(SERVICE)

    @property
    def role_arn(self) -> str:
        """The ARN of the role that a session is of; any other ARN as it is."""
        kind, _, rest = self.arn.partition(":assumed-role/")
        if not rest:
            return self.arn
        return f"{kind.replace(':sts:', ':iam:')}:role/{rest.split('/')[0]}"

    def context(self, *, region: str, account_id: str) -> Context:
        """The condition keys that say who calls, and where."""
        return {
            "aws:principalarn": (self.role_arn,),
            "aws:principalaccount": (account_id,),
            "aws:requestedregion": (region,),
        } | {f"aws:principaltag/{key}".lower(): (value,) for key, value in self.tags.items()}

    def denial(
        self, action: str, resource: str, context: Context, shared: Iterable[Statement] = ()
    ) -> str | None:
        """Why an action is denied, as AWS says it; None if it is allowed.

        ``shared`` are the statements of the resource's policy that are about this principal. A
        Deny of either refuses; else an Allow of either suffices, as within one AWS account.
        """
        service = action.partition(":")[0]
        effects = {
            statement.effect
            for statement in (*self._statements_on(service), *shared)
            if statement.concerns(action, resource, context)
        }
        if DENY in effects:
            reason = "with an explicit deny"
        elif ALLOW not in effects:
            reason = f"because no identity-based policy allows the {action} action"
        else:
            return None
        return (
            f"User: {self.arn} is not authorized to perform: {action} on resource: {resource} "
            f"{reason}"
        )

    def _statements_on(self, service: str) -> tuple[Statement, ...]:
        if service not in self._parsed:
            self._parsed[service] = parse_identity_statements(self.statements, service)
        return self._parsed[service]

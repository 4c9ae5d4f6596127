"""Who calls the local endpoint: each function in the role that the template gives it, and the operator."""

from typing import Any

from local.authorization import Role
from local.s3vectors import Principal
from local.template import ACCOUNT_ID, Template

OPERATOR = "local"
"""The access key id of who deploys, tests and asks; Lambda's own polling of queues too."""

_EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def access_key_id(function: str) -> str:
    """Return the key that a function signs with."""
    return f"{OPERATOR}-{function}"


def credentials(key: str) -> dict[str, str]:
    """Return the environment variables of an access key; its secret is none."""
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": OPERATOR}


def principals(template: Template) -> dict[str, Principal]:
    """Return everyone who may call, by access key id.

    Of a role's policies there must be the documents: NotImplementedError for a policy by name.
    """
    operator = Principal(f"arn:aws:iam::{ACCOUNT_ID}:user/operator", (_EVERYTHING,))
    functions = template.logical_ids("AWS::Serverless::Function")
    return {OPERATOR: operator} | {
        access_key_id(function): _of_function(template, function) for function in functions
    }


def roles(template: Template) -> dict[str, Role]:
    """Return the template's own roles, by ARN: who may assume each, and what it allows."""
    return {
        role_arn(template.stack_name, name): Role(
            role_arn(template.stack_name, name),
            trust=_listed(template.properties(name)["AssumeRolePolicyDocument"]["Statement"]),
            statements=_of_role(template, name),
        )
        for name in template.logical_ids("AWS::IAM::Role")
    }


def role_arn(stack_name: str, logical_id: str) -> str:
    """Return the ARN of a role that the template declares."""
    return f"arn:aws:iam::{ACCOUNT_ID}:role/{stack_name}-{logical_id}"


def _of_function(template: Template, function: str) -> Principal:
    """A function calls in a session, of its own name, of its role: its own, or the one that SAM makes."""
    properties = template.properties(function)
    if "Role" in properties:
        role = template.referred(function, "Role")
        statements = _of_role(template, role)
    else:
        role = f"{function}Role"
        statements = _statements(properties.get("Policies", []), function)
    return Principal(
        f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{template.stack_name}-{role}/{function}",
        statements,
    )


def _of_role(template: Template, role: str) -> tuple[dict[str, Any], ...]:
    properties = template.properties(role)
    by_name = properties.get("ManagedPolicyArns", [])
    attached = [
        template.properties(policy)
        for policy in template.logical_ids("AWS::IAM::Policy")
        if template.referred(policy, "Roles") == role
    ]
    documents = [p["PolicyDocument"] for p in (*properties.get("Policies", []), *attached)]
    return _statements([*by_name, *documents], role)


def _statements(policies: list[Any], owner: str) -> tuple[dict[str, Any], ...]:
    statements: list[dict[str, Any]] = []
    for policy in policies:
        if not isinstance(policy, dict) or "Statement" not in policy:
            raise NotImplementedError(
                f"{owner} has the policy {policy!r}; the local stack reads policy documents only"
            )
        statements += _listed(policy["Statement"])
    return tuple(statements)


def _listed(statements: Any) -> tuple[dict[str, Any], ...]:
    return tuple(statements) if isinstance(statements, list) else (statements,)

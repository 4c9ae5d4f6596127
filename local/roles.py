"""Who calls the local endpoint: each function in the role that the template gives it, and the operator."""

from typing import Any

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

    Of a function's policies there must be the documents: NotImplementedError for a policy by name.
    What SAM adds to a role (logs, traces, polling) no request to the local endpoint needs.
    """
    operator = Principal(f"arn:aws:iam::{ACCOUNT_ID}:user/operator", (_EVERYTHING,))
    functions = template.logical_ids("AWS::Serverless::Function")
    return {OPERATOR: operator} | {
        access_key_id(function): _of_function(template, function) for function in functions
    }


def _of_function(template: Template, function: str) -> Principal:
    """A function calls in a session, of its own name, of the role that SAM makes for it."""
    policies = template.properties(function).get("Policies", [])
    return Principal(
        f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{template.stack_name}-{function}Role/{function}",
        tuple(statement for policy in policies for statement in _statements(policy, function)),
    )


def _statements(policy: Any, function: str) -> list[dict[str, Any]]:
    if not isinstance(policy, dict) or "Statement" not in policy:
        raise NotImplementedError(
            f"{function} has the policy {policy!r}; the local stack reads policy documents only"
        )
    statements = policy["Statement"]
    return statements if isinstance(statements, list) else [statements]

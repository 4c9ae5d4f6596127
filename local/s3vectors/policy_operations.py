"""PutVectorBucketPolicy, GetVectorBucketPolicy and DeleteVectorBucketPolicy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson

from local.s3vectors.access.errors import PolicyError
from local.s3vectors.access.statements import ALLOW, Statement, parse_resource_statements
from local.s3vectors.errors import AccessDeniedError, PolicyNotFoundError, ValidationError

if TYPE_CHECKING:
    from local.s3vectors.account import Account

# What S3 allows for a bucket policy; for a vector bucket's, AWS states none.
MAX_POLICY_BYTES = 20_480


def put_vector_bucket_policy(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Nothing; the vector bucket has this policy and no other."""
    policy: str = request["policy"]
    _check_policy(policy)
    name = account.place.addressed_vector_bucket(request)
    account.change_vector_bucket(name, lambda bucket: replace(bucket, policy=policy))
    return {}


def get_vector_bucket_policy(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """The policy as it was put; PolicyNotFoundError if there is none."""
    bucket = account.vector_bucket(account.place.addressed_vector_bucket(request))
    if bucket.policy is None:
        raise PolicyNotFoundError
    return {"policy": bucket.policy}


def delete_vector_bucket_policy(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Nothing; the vector bucket has no policy, also when it had none."""
    name = account.place.addressed_vector_bucket(request)
    account.change_vector_bucket(name, lambda bucket: replace(bucket, policy=None))
    return {}


def _check_policy(policy: str) -> None:
    if len(policy.encode()) > MAX_POLICY_BYTES:
        message = f"The policy must have at most {MAX_POLICY_BYTES} bytes"
        raise ValidationError.of_field("policy", message)
    try:
        statements = parse_resource_statements(orjson.loads(policy))
    except orjson.JSONDecodeError as error:
        raise ValidationError.of_field("policy", "The policy is not valid JSON") from error
    except PolicyError as error:
        raise ValidationError.of_field("policy", str(error)) from error
    if any(_is_public(statement) for statement in statements):
        raise AccessDeniedError("Public policies are blocked: name principals, or add a Condition")


def _is_public(statement: Statement) -> bool:
    # Block Public Access is always on.
    open_to_all = "*" in (statement.principals or ())
    return open_to_all and statement.effect == ALLOW and not statement.conditions

"""Whether a caller may make a request, by the role's statements and the vector bucket's policy.

moto's evaluator does not serve: it knows neither NotResource nor policy variables, denies where a
condition of an Allow fails, and lets operators pass that it does not know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from local.s3vectors.access.statements import DENY, SERVICE, Statement, parse_resource_statements
from local.s3vectors.errors import AccessDeniedError, NotFoundError, ValidationError
from local.s3vectors.resources import resource_arn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from local.s3vectors.access.principal import Principal
    from local.s3vectors.account import Account

# Requests with one of these members also need GetVectors (documented).
MEMBERS_THAT_READ = {
    "QueryVectors": ("filter", "queryTexts", "returnMetadata"),
    "ListVectors": ("returnData", "returnMetadata"),
}


# By operation, what the caller needs of the key that encrypts the index (documented).
KEY_ACTIONS = {
    "DeleteVectors": ("kms:Decrypt",),
    "GetVectors": ("kms:Decrypt",),
    "PutVectors": ("kms:Decrypt", "kms:GenerateDataKey"),
    "QueryVectors": ("kms:Decrypt",),
}


def check_allowed(
    principal: Principal, account: Account, operation: str, request: dict[str, Any]
) -> None:
    """Nothing, or an AccessDeniedError that names the action and the resource."""
    resource = resource_arn(account.place, request)
    context = _context(principal, account, request)
    shared = [
        statement
        for statement in _bucket_statements(account, request)
        if _names(statement, principal, account)
    ]
    for name in _actions(operation, request):
        denial = principal.denial(f"{SERVICE}:{name}", resource, context, shared)
        if denial:
            raise AccessDeniedError(denial)
    key = _encryption_key(account, request) if operation in KEY_ACTIONS else None
    if key is None:
        return
    context |= {"kms:viaservice": (f"{SERVICE}.{account.place.region}.amazonaws.com",)}
    for action in KEY_ACTIONS[operation]:
        denial = principal.denial(action, key, context)
        if denial:
            raise AccessDeniedError(denial)


def _encryption_key(account: Account, request: dict[str, Any]) -> str | None:
    bucket, index = _addressed(account, request)
    if bucket is None or index is None:
        return None
    try:
        return account.index(bucket, index).settings.encryption.get("kmsKeyArn")
    except NotFoundError:
        return None


def _actions(operation: str, request: dict[str, Any]) -> Iterator[str]:
    yield operation
    if any(request.get(member) for member in MEMBERS_THAT_READ.get(operation, ())):
        yield "GetVectors"
    if operation in ("CreateIndex", "CreateVectorBucket") and request.get("tags"):
        yield "TagResource"


def _context(
    principal: Principal, account: Account, request: dict[str, Any]
) -> dict[str, tuple[str, ...]]:
    place = account.place
    context = dict(principal.context(region=place.region, account_id=place.account_id))
    bucket_tags, index_tags = _tags_of(account, request)
    encryption = request.get("encryptionConfiguration", {})
    requested = request.get("tags", {})
    for prefix, tags in (
        ("aws:resourcetag/", bucket_tags if index_tags is None else index_tags),
        ("s3vectors:vectorbuckettag/", bucket_tags if index_tags is not None else {}),
        ("aws:requesttag/", requested),
        ("s3vectors:", {k: encryption[k] for k in ("sseType", "kmsKeyArn") if k in encryption}),
    ):
        context |= {(prefix + key).lower(): (value,) for key, value in tags.items()}
    keys = tuple(request.get("tagKeys", ())) + tuple(requested)
    return context | ({"aws:tagkeys": keys} if keys else {})


def _tags_of(
    account: Account, request: dict[str, Any]
) -> tuple[Mapping[str, str], Mapping[str, str] | None]:
    """The tags of the vector bucket, and of the index if the request is about one."""
    bucket, index = _addressed(account, request)
    bucket_tags: Mapping[str, str] = {}
    try:
        if bucket is not None:
            bucket_tags = account.vector_bucket(bucket).tags
        if bucket is not None and index is not None:
            return bucket_tags, account.index(bucket, index).settings.tags
    except NotFoundError:
        pass
    return bucket_tags, None if index is None else {}


def _bucket_statements(account: Account, request: dict[str, Any]) -> Iterable[Statement]:
    bucket, _ = _addressed(account, request)
    try:
        policy = account.vector_bucket(bucket).policy if bucket is not None else None
    except NotFoundError:
        return ()
    return () if policy is None else parse_resource_statements(orjson.loads(policy))


def _addressed(account: Account, request: dict[str, Any]) -> tuple[str | None, str | None]:
    arn = resource_arn(account.place, request)
    try:
        return account.place.addressed_resource({"resourceArn": arn})
    except (NotFoundError, ValidationError):
        return None, None


def _names(statement: Statement, principal: Principal, account: Account) -> bool:
    """Whether a resource's statement is about a principal.

    The account itself only leaves the decision to the roles' policies: it allows nothing.
    """
    account_id = account.place.account_id
    named = {"*", principal.arn, principal.role_arn}
    if statement.effect == DENY:
        named |= {account_id, f"arn:aws:iam::{account_id}:root"}
    return not named.isdisjoint(statement.principals or ())

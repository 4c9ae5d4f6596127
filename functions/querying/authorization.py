"""What the gateway authorized: checked here once more, and refused wherever anything is not as expected.

The gateway's own words count, not the function's routing: which route took the request, what it
says of the path's parameters, and who it says the caller is. They have to agree with the path.
"""

from collections.abc import Mapping
from typing import Any

from querying.errors import NotAuthorizedError
from querying.routes import TENANT_PARAMETER, route_of
from querying.settings import Access, AuthMode
from vector_store import TenantId


def authorized_tenant(event: Mapping[str, Any], access: Access) -> TenantId:
    """Return the tenant that the gateway let the caller of an HTTP API event (2.0) ask.

    Raises NotAuthorizedError, saying why, and TenantError or TenantIdError for no tenant's name.
    """
    match event:
        case {
            "version": "2.0",
            "routeKey": str(key),
            "rawPath": str(path),
            "requestContext": {"routeKey": str(same_key), "http": dict(request), **context},
        }:
            tenant = _tenant_of_path(key, path, event.get("pathParameters"))
        case _:
            raise NotAuthorizedError("the event is not one of an HTTP API's route")
    method, _, _ = key.partition(" ")
    if (same_key, request.get("method"), request.get("path")) != (key, method, path):
        raise NotAuthorizedError("the event contradicts itself about the route it is of")
    _check_caller(context.get("authorizer"), tenant, access)
    return tenant


def _tenant_of_path(key: str, path: str, parameters: Any) -> TenantId:
    route = route_of(key)
    if route is None:
        raise NotAuthorizedError(f"the route {key!r} is none that answers for a tenant")
    tenant, expected = TenantId(), {}
    if f"{{{TENANT_PARAMETER}}}" in route:
        match parameters:
            case {"tenant_id": str(name)}:
                tenant, expected = TenantId(name), {TENANT_PARAMETER: name}
        if tenant.is_default:
            raise NotAuthorizedError("a tenant's route without that tenant")
    if (parameters or {}) != expected or path != route.format(**expected):
        raise NotAuthorizedError("the path is not the one that the route's parameters make")
    return tenant


def _check_caller(authorizer: Any, tenant: TenantId, access: Access) -> None:
    match access.mode, authorizer:
        case AuthMode.LOCAL, _:
            return
        case AuthMode.IAM, {"iam": {"userArn": str(arn), "accessKey": str(key)}, **others}:
            # The path names the tenant, and the policy that let the caller pass names the path.
            if arn and key and not others:
                return
        case AuthMode.JWT, {"jwt": {"claims": dict(claims)}, **others} if not others:
            _check_claims(claims, tenant, access)
            return
    raise NotAuthorizedError(f"the gateway names no caller as AUTH_MODE {access.mode} has them")


def _check_claims(claims: Mapping[str, Any], tenant: TenantId, access: Access) -> None:
    if claims.get("iss") != access.issuer:
        raise NotAuthorizedError("the token is another issuer's")
    if access.audiences.isdisjoint(_audiences(claims)):
        raise NotAuthorizedError("the token is for another audience")
    claim = claims.get(access.tenant_claim)
    if claim is None:
        raise NotAuthorizedError(f"the token has no claim {access.tenant_claim}")
    # As it stands in the path, to the letter: no case, number or list is read into it.
    if claim != str(tenant):
        raise NotAuthorizedError(f"the token's {access.tenant_claim} is another tenant")


def _audiences(claims: Mapping[str, Any]) -> list[str]:
    """Whom the token is for: `aud`, or `client_id` where there is no `aud`, as for the gateway."""
    audience = claims.get("aud", claims.get("client_id"))
    # API Gateway shows an array as "[one other]".
    return audience.strip("[]").split(" ") if isinstance(audience, str) else []

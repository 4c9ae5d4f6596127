"""API Gateway's events, as a test needs them."""

import copy
import json
from pathlib import Path

EVENTS = Path(__file__).parents[2] / "events"
ISSUER = "https://tokens.example.com/pool"
CLAIMS = {"iss": ISSUER, "aud": "search", "tenant_id": "acme", "sub": "ada"}


def of_tenant(tenant="acme", authorizer=None):
    """A POST to the tenant's query route, signed unless another authorizer let it pass."""
    event = json.loads((EVENTS / "http-query-tenant.json").read_text())
    path = f"/tenants/{tenant}/query"
    event["rawPath"] = event["requestContext"]["http"]["path"] = path
    event["pathParameters"] = {"tenant_id": tenant}
    return _by(event, authorizer)


def of_default_tenant(authorizer=None):
    return _by(json.loads((EVENTS / "http-query.json").read_text()), authorizer)


def jwt(**claims):
    """What the gateway says of a token with these claims; None leaves one out."""
    claims = {**CLAIMS, **claims}
    return {"jwt": {"claims": {n: v for n, v in claims.items() if v is not None}, "scopes": None}}


def changed(event, path, value):
    """The event with one value of it changed, or left out with `...`."""
    event = copy.deepcopy(event)
    *names, last = path.split(".")
    at = event
    for name in names:
        at = at[name]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return event


def _by(event, authorizer):
    if authorizer is not None:
        event["requestContext"]["authorizer"] = authorizer
    return event

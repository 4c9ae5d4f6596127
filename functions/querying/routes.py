"""The paths that are answered, each with its methods: once, for whoever routes, authorizes or describes."""

import re

TENANT_PARAMETER = "tenant_id"

ROUTES: dict[str, tuple[str, ...]] = {
    "/query": ("POST",),
    "/tenants/{tenant_id}/query": ("POST",),
    "/documents": ("GET", "HEAD"),
    "/tenants/{tenant_id}/documents": ("GET", "HEAD"),
}
"""Methods by path, as API Gateway writes it; without the parameter it is the default tenant's."""


def route_of(key: str) -> str | None:
    """Return the path of a route key, `<method> <path>`; None for one that nobody declared."""
    method, _, path = key.partition(" ")
    return path if method in ROUTES.get(path, ()) else None


def methods_of(path: str) -> tuple[str, ...]:
    """Return the methods that a request's path takes; none for a path that is not there."""
    for route, methods in ROUTES.items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", route), path):
            return methods
    return ()

"""The paths that are answered, each with its methods: once, for whoever routes, authorizes or describes."""

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


def route_to(path: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the route that a request's path is of, and what stands in it for the route's parameters.

    That may be no valid tenant. None for a path that is not there.
    """
    for route in ROUTES:
        before, parameter, after = route.partition(f"{{{TENANT_PARAMETER}}}")
        if not parameter:
            if path == route:
                return route, ()
        elif path.startswith(before) and path.endswith(after):
            tenant = path[len(before) : -len(after)]
            if tenant and "/" not in tenant:
                return route, (tenant,)
    return None

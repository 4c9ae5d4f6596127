"""The routes of an HTTP API, as the template declares them, and which of them takes a request."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from local.template import Template

DEFAULT_ROUTE_KEY = "$default"

_PARAMETER = re.compile(r"\{(\w+)(\+?)\}")


@dataclass(frozen=True, slots=True)
class Route:
    """One route, and the function behind it."""

    key: str
    """`<method> <path>`, or `$default` for what no other route takes."""
    function: str
    authorization: str = "NONE"
    """`AWS_IAM`, `JWT` or `NONE`."""
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Compile what the path looks like."""
        object.__setattr__(self, "_pattern", _compiled(self.key))

    def parameters(self, method: str, path: str) -> dict[str, str] | None:
        """Return the path's parameters where the route takes the request; else None."""
        found = self._pattern.fullmatch(f"{method} {path}")
        return found.groupdict() if found else None

    @property
    def rank(self) -> int:
        """The lowest of the routes that could takes a request: exact, then greedy, then the default."""
        if self.key == DEFAULT_ROUTE_KEY:
            return 2
        return 1 if "+}" in self.key else 0


def _compiled(key: str) -> re.Pattern[str]:
    if key == DEFAULT_ROUTE_KEY:
        return re.compile(".*", re.DOTALL)
    expression, end = "", 0
    for parameter in _PARAMETER.finditer(key):
        expression += re.escape(key[end : parameter.start()])
        expression += f"(?P<{parameter[1]}>{'.+' if parameter[2] else '[^/]+'})"
        end = parameter.end()
    return re.compile(expression + re.escape(key[end:]), re.DOTALL)


def chosen(routes: Iterable[Route], method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Return the route that takes a request, and the path's parameters; None where none does."""
    for route in sorted(routes, key=lambda route: route.rank):
        parameters = route.parameters(method, path)
        if parameters is not None:
            return route, parameters
    return None


@dataclass(frozen=True, slots=True)
class Cors:
    """Which pages of other origins may ask, how, and what they may see of an answer."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    exposed: tuple[str, ...]
    max_age: int

    def of_origin(self, origin: str) -> dict[str, str]:
        """Return the headers of any answer to a page of this origin."""
        if "*" not in self.origins and origin not in self.origins:
            return {}
        return {
            "access-control-allow-origin": "*" if "*" in self.origins else origin,
            "access-control-expose-headers": ",".join(self.exposed),
        }

    @property
    def preflight(self) -> dict[str, str]:
        """The headers that say what may be sent."""
        return {
            "access-control-allow-methods": ",".join(self.methods),
            "access-control-allow-headers": ",".join(self.headers),
            "access-control-max-age": str(self.max_age),
        }


def routes(template: Template) -> list[Route]:
    """Return every route of the template's HTTP API."""
    return [_route(template, name) for name in template.logical_ids("AWS::ApiGatewayV2::Route")]


def _route(template: Template, name: str) -> Route:
    integration = template.referred(name, "Target")
    properties = template.properties(name)
    return Route(
        properties["RouteKey"],
        template.referred(integration, "IntegrationUri"),
        properties["AuthorizationType"],
    )


def cors(template: Template) -> Cors | None:
    """Return what the template's HTTP API lets pages of other origins do; None for nothing."""
    (api,) = template.logical_ids("AWS::ApiGatewayV2::Api")
    declared: dict[str, Any] | None = template.properties(api).get("CorsConfiguration")
    if declared is None:
        return None
    return Cors(
        origins=tuple(declared["AllowOrigins"]),
        methods=tuple(declared["AllowMethods"]),
        headers=tuple(declared["AllowHeaders"]),
        exposed=tuple(declared["ExposeHeaders"]),
        max_age=declared["MaxAge"],
    )

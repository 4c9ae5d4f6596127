"""Which operation a method and path mean, and what of the request is in the URL: by the model."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from botocore.model import ListShape

from local.s3vectors.errors import UnknownOperationError
from local.s3vectors.requests import service_model

if TYPE_CHECKING:
    from botocore.model import StructureShape


@dataclass(frozen=True, slots=True)
class Route:
    """Where requests of one operation go; the pattern's groups are members of the request."""

    operation: str
    method: str
    path: re.Pattern[str]
    query_members: dict[str, tuple[str, bool]]  # by name in the query: member, and whether a list


@functools.cache
def routes() -> tuple[Route, ...]:
    """The routes of all operations of the service model."""
    model = service_model()
    return tuple(_route(name) for name in model.operation_names)


def routed(method: str, path: str, query: str) -> tuple[str, dict[str, Any]]:
    """The operation's name and the members that the URL holds; UnknownOperationError if none."""
    for route in routes():
        match = route.path.fullmatch(path)
        if match and method == route.method:
            members: dict[str, Any] = match.groupdict()
            for name, values in parse_qs(query, keep_blank_values=True).items():
                if name in route.query_members:
                    member, is_list = route.query_members[name]
                    members[member] = values if is_list else values[-1]
            return route.operation, members
    raise UnknownOperationError(f"S3 Vectors has no operation at {method} {path}")


def _route(operation: str) -> Route:
    model = service_model().operation_model(operation)
    uri = re.escape(model.http["requestUri"])
    shape: StructureShape | None = model.input_shape
    members = shape.members if shape else {}
    for name, member in members.items():
        if member.serialization.get("location") == "uri":
            label = re.escape("{" + member.serialization["name"] + "}")
            uri = uri.replace(label, f"(?P<{name}>.+)")
    return Route(
        operation=operation,
        method=model.http["method"],
        path=re.compile(uri),
        query_members={
            member.serialization["name"]: (name, isinstance(member, ListShape))
            for name, member in members.items()
            if member.serialization.get("location") == "querystring"
        },
    )

"""Bodies of QueryVectors requests, their numbers printed as those of vectors that are put."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from vector_store.float32_json import float32_json
from vector_store.put_body import json_object


class QueryBody(Struct, frozen=True):
    """One request's JSON."""

    json: bytes


def query_body(request: Mapping[str, Any], embedding: Sequence[float]) -> QueryBody:
    """Return the body of a request, which has every member but the vector."""
    members = json_object(request)
    vector = float32_json(embedding)
    return QueryBody(b'%b,"queryVector":{"float32":%b}}' % (members[:-1], vector))

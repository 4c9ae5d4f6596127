"""Requests whose body is written already: botocore does everything but serialize it."""

from typing import TYPE_CHECKING, Any, cast

from vector_store.put_body import PutBody
from vector_store.query_body import QueryBody

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_s3vectors import S3VectorsClient
    from mypy_boto3_s3vectors.type_defs import PutInputVectorTypeDef, VectorDataTypeDef

_BODY = "dropvec_body"

# By operation, the member in whose place the body comes, and what botocore sees there.
_NUMBER = {"float32": [0.0]}
_STAND_INS: dict[str, tuple[str, Any]] = {
    "PutVectors": ("vectors", [{"key": "-", "data": _NUMBER}]),
    "QueryVectors": ("queryVector", _NUMBER),
}


def let_bodies_pass(client: "S3VectorsClient") -> None:
    """Have the client take a PutBody or QueryBody, in `as_vectors` or `as_query_vector`.

    Other calls are as ever. The body travels in the context of its own request, so calls from
    several threads do not meet. It is in place before the request is signed, and for every attempt.
    """
    events = client.meta.events
    for operation in _STAND_INS:
        events.register(
            f"before-parameter-build.s3vectors.{operation}",
            _set_aside,
            unique_id=f"{_BODY}.{operation}",
        )
        events.register(
            f"before-call.s3vectors.{operation}", _put_in, unique_id=f"{_BODY}.{operation}.in"
        )


def as_vectors(body: PutBody) -> "Sequence[PutInputVectorTypeDef]":
    """Return the body as what `put_vectors` is called with."""
    return cast("Sequence[PutInputVectorTypeDef]", body)


def as_query_vector(body: QueryBody) -> "VectorDataTypeDef":
    """Return the body as what `query_vectors` is called with."""
    return cast("VectorDataTypeDef", body)


def put_body_of(context: "Mapping[str, Any]") -> PutBody | None:
    """Return the body of vectors that travels in a request's context; None where there is none."""
    body = context.get(_BODY)
    return body if isinstance(body, PutBody) else None


def _set_aside(params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
    member, stand_in = _STAND_INS[model.name]
    if isinstance(body := params.get(member), PutBody | QueryBody):
        context[_BODY] = body
        params[member] = stand_in


def _put_in(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    if _BODY in context:
        params["body"] = context[_BODY].json

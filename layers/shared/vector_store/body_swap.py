"""PutVectors with a body that is written already: botocore does everything but serialize it."""

from typing import TYPE_CHECKING, Any, cast

from vector_store.put_body import PutBody

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_s3vectors import S3VectorsClient
    from mypy_boto3_s3vectors.type_defs import PutInputVectorTypeDef

_BODY = "dropvec_put_body"
_STAND_IN = [{"key": "-", "data": {"float32": [0.0]}}]


def let_put_bodies_pass(client: "S3VectorsClient") -> None:
    """Have the client take a PutBody in place of `vectors`, in `as_vectors`; other calls are as ever.

    The body travels in the context of its own request, so calls from several threads do not meet.
    It is in place before the request is signed, and for every attempt.
    """
    events = client.meta.events
    events.register(
        "before-parameter-build.s3vectors.PutVectors", _set_aside, unique_id=f"{_BODY}.set_aside"
    )
    events.register("before-call.s3vectors.PutVectors", _put_in, unique_id=f"{_BODY}.put_in")


def as_vectors(body: PutBody) -> "Sequence[PutInputVectorTypeDef]":
    """Return the body as what `put_vectors` is called with."""
    return cast("Sequence[PutInputVectorTypeDef]", body)


def put_body_of(context: "Mapping[str, Any]") -> PutBody | None:
    """Return the body that travels in a request's context; None where there is none."""
    return context.get(_BODY)


def _set_aside(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    if isinstance(body := params.get("vectors"), PutBody):
        context[_BODY] = body
        params["vectors"] = _STAND_IN


def _put_in(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    if _BODY in context:
        params["body"] = context[_BODY].json

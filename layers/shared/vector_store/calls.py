"""Requests to the service, as it bills them: told to whoever counts."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from vector_store.body_swap import put_body_of
from vector_store.vector import metadata_size

if TYPE_CHECKING:
    from mypy_boto3_s3vectors import S3VectorsClient

MIN_RESULT_BYTES = 256
"""What each result of a query is billed as at least (Amazon S3 pricing, data returned)."""

_CALL = "dropvec_call"


class Call(Struct, frozen=True):
    """One request that the service answered; attempts that were repeated are not told of."""

    operation: str
    """As the service names it, e.g. `PutVectors`."""
    index_name: str
    """Empty for one about a vector bucket."""
    vectors: int = 0
    """Put, deleted, or in the answer."""
    size: int = 0
    """Bytes as the service counts them: of what was put, or of a query's answer; else 0."""


def watch_calls(client: "S3VectorsClient", called: Callable[[Call], None]) -> "S3VectorsClient":
    """Return the client, which from now on tells of each request that succeeds.

    `called` runs in the thread that the call was made in, before the call returns.
    """
    events = client.meta.events
    events.register("before-parameter-build.s3vectors", _note)

    def tell(
        http_response: Any, parsed: dict[str, Any], model: Any, context: dict[str, Any], **_: Any
    ) -> None:
        if http_response.status_code < 300:
            called(_call(model.name, context, parsed))

    events.register("after-call.s3vectors", tell)
    return client


def _note(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """Keep of the parameters what the answer does not repeat; after this, botocore has no more of them."""
    context[_CALL] = params.get("indexName", ""), len(params.get("keys", ()))


def _call(operation: str, context: dict[str, Any], answer: dict[str, Any]) -> Call:
    index_name, keys = context[_CALL]
    if body := put_body_of(context):
        return Call(operation, index_name, len(body.keys), body.size)
    if operation == "DeleteVectors":
        return Call(operation, index_name, keys)
    found = answer.get("vectors", ())
    size = sum(map(_result_size, found)) if operation == "QueryVectors" else 0
    return Call(operation, index_name, len(found), size)


def _result_size(result: dict[str, Any]) -> int:
    size = len(result["key"].encode()) + metadata_size(result.get("metadata", {}))
    return max(size, MIN_RESULT_BYTES)

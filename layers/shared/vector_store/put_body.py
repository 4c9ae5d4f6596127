"""Bodies of PutVectors requests: JSON written for what it holds, and each as large as the limits allow.

botocore's serializer visits every number: `docs/performance.md` has what that takes.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson
from msgspec import Struct

from vector_store.errors import VectorLimitError
from vector_store.float32_json import float32_json
from vector_store.vector import Vector, vector_size

MAX_PUT_VECTORS = 500
MAX_PUT_BODY_BYTES = 20_971_520

_END = b"]}"  # in place of the last vector's comma
_END_BYTES = len(_END) - 1


class PutBody(Struct, frozen=True):
    """One request: the keys that it puts, and its JSON."""

    keys: Sequence[str]
    size: int
    """The logical bytes of its vectors, which are billed."""
    json: bytearray
    """No `bytes`: botocore would copy those once more to send them."""
    is_full: bool
    """Whether more vectors may follow, in another body."""


def put_bodies(
    bucket_name: str,
    index_name: str,
    vectors: Iterable[Vector],
    *,
    max_vectors: int = MAX_PUT_VECTORS,
) -> Iterator[PutBody]:
    """Yield bodies that hold all vectors, in order: none over `max_vectors`, 500, or 20,971,520 bytes.

    One is yielded as soon as it is full, and before the next one is begun. Raises VectorLimitError
    for an embedding that cannot be written; the rest is taken as it is, once `check_vector` passed it.
    """
    max_vectors = min(max_vectors, MAX_PUT_VECTORS)
    names = orjson.dumps({"vectorBucketName": bucket_name, "indexName": index_name})
    head = names[:-1] + b',"vectors":['
    keys: list[str] = []
    size, body = 0, bytearray(head)
    for vector in vectors:
        written = _vector_json(vector)
        if keys and len(body) + len(written) + _END_BYTES > MAX_PUT_BODY_BYTES:
            yield _ended(keys, size, body, is_full=True)
            keys, size, body = [], 0, bytearray(head)
        body += written
        size += vector_size(vector)
        keys.append(vector.key)
        if len(keys) == max_vectors:
            yield _ended(keys, size, body, is_full=True)
            keys, size, body = [], 0, bytearray(head)
    if keys:
        yield _ended(keys, size, body, is_full=False)


def _ended(keys: Sequence[str], size: int, body: bytearray, *, is_full: bool) -> PutBody:
    body[-1:] = _END
    return PutBody(keys, size, body, is_full)


def _vector_json(vector: Vector) -> bytes:
    """The vector, and a comma."""
    try:
        embedding = float32_json(vector.embedding)
    except VectorLimitError as error:
        raise VectorLimitError(f"vector {vector.key!r}: {error}") from error
    return b'{"key":%b,"data":{"float32":%b},"metadata":%b},' % (
        orjson.dumps(vector.key),
        embedding,
        json_object(vector.metadata),
    )


def json_object(members: Mapping[str, Any]) -> bytes:
    """Return the JSON of an object, such as a vector's metadata."""
    try:
        return orjson.dumps(dict(members))
    except orjson.JSONEncodeError:  # an integer of more than 64 bits
        return json.dumps(dict(members)).encode()

"""Bodies of PutVectors requests: JSON written for what it holds, and each as large as the limits allow.

botocore's serializer visits every number, and prints a float32 as the double that it is in Python:
1.9 ms of CPU and 22.7 KB for a vector of 1,024 dimensions. Nine digits are enough to tell any two
float32 apart. Why the standard library and orjson, and not NumPy: `docs/performance.md`.
"""

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson

from vector_store.vector import Vector, vector_size

MAX_PUT_VECTORS = 500
MAX_PUT_BODY_BYTES = 20_971_520

_END = b"]}"  # in place of the last vector's comma
_END_BYTES = len(_END) - 1

_SAMPLE = 32
_SHORT = 14
"""Bytes of a number and its comma: what nine digits make of a unit vector's, on average."""

_NEGATIVE_ZERO = ((b"-0,", b"-0.0,"), (b"-0]", b"-0.0]"))
"""A reader may take -0 for the integer, which has no sign."""


@dataclass(frozen=True, slots=True)
class PutBody:
    """One request: the keys that it puts, and its JSON."""

    keys: Sequence[str]
    size: int
    """The logical bytes of its vectors, which are billed."""
    json: bytearray
    """No `bytes`: botocore would copy those once more to send them."""
    is_full: bool
    """Whether more vectors may follow, in another body."""


def put_bodies(bucket_name: str, index_name: str, vectors: Iterable[Vector]) -> Iterator[PutBody]:
    """Yield bodies that hold all vectors, in order: none over 500 vectors, or 20,971,520 bytes.

    One is yielded as soon as it is full, and before the next one is begun. The vectors are taken
    as they are: `check_vector` says what can be written.
    """
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
        if len(keys) == MAX_PUT_VECTORS:
            yield _ended(keys, size, body, is_full=True)
            keys, size, body = [], 0, bytearray(head)
    if keys:
        yield _ended(keys, size, body, is_full=False)


def _ended(keys: Sequence[str], size: int, body: bytearray, *, is_full: bool) -> PutBody:
    body[-1:] = _END
    return PutBody(keys, size, body, is_full)


def _vector_json(vector: Vector) -> bytes:
    """The vector, and a comma."""
    return b'{"key":%b,"data":{"float32":%b},"metadata":%b},' % (
        orjson.dumps(vector.key),
        float32_json(vector.embedding),
        document_json(vector.metadata),
    )


def float32_json(numbers: Sequence[float]) -> bytes:
    """Return a JSON array that reads as the same float32 numbers, bit for bit.

    What a model printed in few digits is printed as it came, which is a sixth of the work; else each
    number gets the nine digits that tell it from every other float32.
    """
    doubles = numbers if isinstance(numbers, list) else list(numbers)
    sample = doubles[:_SAMPLE]
    if len(orjson.dumps(sample)) <= _SHORT * len(sample):
        return orjson.dumps(doubles)
    written = _nine_digits(len(numbers)) % tuple(array("f", numbers))
    for integer, number in _NEGATIVE_ZERO:
        written = written.replace(integer, number)
    return written


@cache
def _nine_digits(count: int) -> bytes:
    return b"[" + b",".join([b"%.9g"] * count) + b"]"


def document_json(document: Mapping[str, Any]) -> bytes:
    """Return the JSON of a document, such as a vector's metadata."""
    try:
        return orjson.dumps(dict(document))
    except orjson.JSONEncodeError:  # an integer of more than 64 bits
        return json.dumps(dict(document)).encode()

"""PutVectors, GetVectors, DeleteVectors, ListVectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from local.s3vectors.distances import COSINE
from local.s3vectors.errors import InvalidField, ValidationError
from local.s3vectors.metadata import MetadataError, check_metadata, copy_of, metadata_size
from local.s3vectors.vector_table import Record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from local.s3vectors.account import Account
    from local.s3vectors.index import VectorIndex
    from local.s3vectors.index_settings import IndexSettings

# The model limits the characters (in code points), the service also the UTF-8 bytes.
MAX_KEY_BYTES = 1_024

LIST_PAGE_SIZE = 500
# A page of ListVectors also ends with the vector that takes it past this size.
LIST_PAGE_BYTES = 1_048_576


class VectorError(ValueError):
    """Vector data that an index refuses; the message is the service's, without the vector key."""


def put_vectors(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Nothing; all vectors are stored, or none if one is refused."""
    index = _addressed(account, request)
    records = [
        _checked_record(position, vector, index.settings)
        for position, vector in enumerate(request["vectors"])
    ]
    index.put(records)
    return {}


def get_vectors(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """The vectors that exist, in no promised order."""
    index = _addressed(account, request)
    _check_key_bytes(request["keys"])
    return {"vectors": [_vector(record, request) for record in index.get(request["keys"])]}


def delete_vectors(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """Nothing; the vectors are gone, those that were not there too."""
    index = _addressed(account, request)
    _check_key_bytes(request["keys"])
    index.delete(request["keys"])
    return {}


def list_vectors(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """A page of the vectors of an index or of one segment of it."""
    index = _addressed(account, request)
    segments, segment = _segment(request)
    scope = ["ListVectors", index.settings.arn, segments, segment]
    start = 0
    if "nextToken" in request:
        (start,) = account.tokens.position(scope, request["nextToken"])
    size = request.get("maxResults", LIST_PAGE_SIZE)
    page: list[Record] = []
    processed = 0
    answer: dict[str, Any] = {}
    for row, record in index.scan(start, size + 1, segment, segments):
        if len(page) == size or processed > LIST_PAGE_BYTES:
            answer["nextToken"] = account.tokens.issue(scope, [row])
            break
        page.append(record)
        processed += record.values.nbytes + len(record.key.encode())
        processed += metadata_size(record.metadata)
    return {"vectors": [_vector(record, request) for record in page]} | answer


def check_values(values: NDArray[np.float32], index: IndexSettings) -> None:
    """Nothing, or a VectorError for the length, a NaN or infinity, or a zero vector on cosine."""
    if len(values) != index.dimension:
        raise VectorError(
            f"vector must have length {index.dimension}, but has length {len(values)}"
        )
    if not np.isfinite(values).all():
        raise VectorError("vector contains NaNs or Infs")
    if index.distance_metric == COSINE and not values.any():
        raise VectorError("cosine distance does not support vectors with zero norm")


def _addressed(account: Account, request: dict[str, Any]) -> VectorIndex:
    return account.index(*account.place.addressed_index(request))


def _checked_record(position: int, vector: dict[str, Any], index: IndexSettings) -> Record:
    key, metadata = vector["key"], vector.get("metadata", {})
    _check_key_bytes([key])
    path = f"vectors[{position}]"
    try:
        check_values(vector["data"]["float32"], index)
        path += ".metadata"
        check_metadata(metadata, index.non_filterable_keys)
    except (VectorError, MetadataError) as error:
        message = f"Invalid record for key '{key}': {error}"
        raise ValidationError(message, [InvalidField(path, str(error))]) from error
    return Record(key, vector["data"]["float32"], copy_of(metadata))


def _check_key_bytes(keys: Iterable[str]) -> None:
    if any(len(key.encode()) > MAX_KEY_BYTES for key in keys):
        raise ValidationError("Record key length exceeds the maximum allowed")


def _segment(request: dict[str, Any]) -> tuple[int, int]:
    segments, segment = request.get("segmentCount"), request.get("segmentIndex")
    if (segments is None) != (segment is None):
        raise ValidationError("segmentCount and segmentIndex must be specified together")
    if segments is None or segment is None:
        return 1, 0
    if segment >= segments:
        raise ValidationError("segmentIndex must be less than segmentCount")
    return segments, segment


def _vector(record: Record, request: dict[str, Any]) -> dict[str, Any]:
    vector: dict[str, Any] = {"key": record.key}
    if request.get("returnData"):
        vector["data"] = {"float32": record.values.tolist()}
    if request.get("returnMetadata"):
        vector["metadata"] = copy_of(record.metadata)
    return vector

"""The vector buckets and indexes of one account in one region."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.s3vectors.errors import (
    ConflictError,
    IndexNotFoundError,
    ServiceQuotaExceededError,
    VectorBucketNotFoundError,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from local.s3vectors.index import VectorIndex
    from local.s3vectors.names import Place
    from local.s3vectors.paging import PageTokens

MAX_VECTOR_BUCKETS = 10_000
MAX_INDEXES = 10_000


@dataclass(frozen=True, slots=True)
class VectorBucket:
    """A vector bucket and its indexes by name."""

    name: str
    arn: str
    creation_time: datetime
    encryption: dict[str, str]
    tags: dict[str, str]
    indexes: dict[str, VectorIndex] = field(default_factory=dict)


class Account:
    """The state of the service; every method is atomic.

    Its lock guards the names only: whoever works on an index has looked it up and let go.
    """

    def __init__(self, place: Place, clock: Callable[[], datetime], tokens: PageTokens) -> None:
        self.place = place
        self.clock = clock
        self.tokens = tokens
        self._lock = threading.Lock()
        self._vector_buckets: dict[str, VectorBucket] = {}

    def vector_bucket(self, name: str) -> VectorBucket:
        """The vector bucket of that name; VectorBucketNotFoundError if there is none."""
        with self._lock:
            return self._existing(name)

    def vector_buckets(self) -> list[VectorBucket]:
        """All vector buckets, by name."""
        with self._lock:
            return [self._vector_buckets[name] for name in sorted(self._vector_buckets)]

    def add_vector_bucket(self, bucket: VectorBucket) -> None:
        """Add a vector bucket of a new name; ConflictError if it is taken."""
        with self._lock:
            if bucket.name in self._vector_buckets:
                raise ConflictError("A vector bucket with the specified name already exists")
            if len(self._vector_buckets) >= MAX_VECTOR_BUCKETS:
                raise ServiceQuotaExceededError(
                    f"An account has at most {MAX_VECTOR_BUCKETS} vector buckets in a region"
                )
            self._vector_buckets[bucket.name] = bucket

    def remove_vector_bucket(self, name: str) -> None:
        """Remove an empty vector bucket; ConflictError if it has indexes."""
        with self._lock:
            if self._existing(name).indexes:
                raise ConflictError("The specified vector bucket is not empty")
            del self._vector_buckets[name]

    def index(self, bucket_name: str, index_name: str) -> VectorIndex:
        """The index of that name; IndexNotFoundError also when the vector bucket is missing."""
        with self._lock:
            return self._indexes(bucket_name, index_name)[index_name]

    def indexes(self, bucket_name: str) -> list[VectorIndex]:
        """All indexes of a vector bucket, by name."""
        with self._lock:
            indexes = self._existing(bucket_name).indexes
            return [indexes[name] for name in sorted(indexes)]

    def add_index(self, index: VectorIndex) -> None:
        """Add an index of a new name to its vector bucket; ConflictError if it is taken."""
        with self._lock:
            indexes = self._existing(index.settings.vector_bucket_name).indexes
            if index.settings.name in indexes:
                raise ConflictError("An index with the specified name already exists")
            if len(indexes) >= MAX_INDEXES:
                raise ServiceQuotaExceededError(
                    f"A vector bucket has at most {MAX_INDEXES} indexes"
                )
            indexes[index.settings.name] = index

    def remove_index(self, bucket_name: str, index_name: str) -> None:
        """Remove an index and its vectors; IndexNotFoundError if there is none."""
        with self._lock:
            del self._indexes(bucket_name, index_name)[index_name]

    def _existing(self, name: str) -> VectorBucket:
        try:
            return self._vector_buckets[name]
        except KeyError as error:
            raise VectorBucketNotFoundError from error

    def _indexes(self, bucket_name: str, index_name: str) -> dict[str, VectorIndex]:
        bucket = self._vector_buckets.get(bucket_name)
        if bucket is None or index_name not in bucket.indexes:
            raise IndexNotFoundError
        return bucket.indexes

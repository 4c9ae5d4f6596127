"""The vector buckets and indexes of one account in one region."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.s3vectors.errors import (
    ConflictError,
    IndexNotFoundError,
    ServiceQuotaExceededError,
    VectorBucketNotFoundError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from local.s3vectors.index import VectorIndex
    from local.s3vectors.index_settings import IndexSettings
    from local.s3vectors.journal import Journal
    from local.s3vectors.names import Place
    from local.s3vectors.paging import PageTokens

MAX_VECTOR_BUCKETS = 10_000
MAX_INDEXES = 10_000


@dataclass(frozen=True, slots=True)
class VectorBucket:
    """The attributes of a vector bucket; an operation that changes some replaces the whole."""

    name: str
    arn: str
    creation_time: datetime
    default_index_mode: str
    encryption: Mapping[str, str]
    tags: Mapping[str, str]
    policy: str | None = None


class Account:
    """The state of the service; every method is atomic.

    Changes are made one at a time. What readers wait for is only the lock of the names, which is
    never held while something is written or an index is worked on.
    """

    def __init__(
        self,
        place: Place,
        clock: Callable[[], datetime],
        tokens: PageTokens,
        background: Callable[[Callable[[], None]], None],
        journal: Journal,
    ) -> None:
        self.place = place
        self.clock = clock
        self.tokens = tokens
        self.background = background
        self.journal = journal
        self._changing = threading.Lock()
        self._names = threading.Lock()
        self._vector_buckets: dict[str, VectorBucket] = {}
        self._indexes: dict[str, dict[str, VectorIndex]] = {}

    def restore(self, buckets: Iterable[VectorBucket], indexes: Iterable[VectorIndex]) -> None:
        """Hold what a journal kept."""
        for bucket in buckets:
            self._hold_vector_bucket(bucket)
        for index in indexes:
            self._hold_index(index)

    def vector_bucket(self, name: str) -> VectorBucket:
        """The vector bucket of that name; VectorBucketNotFoundError if there is none."""
        with self._names:
            try:
                return self._vector_buckets[name]
            except KeyError as error:
                raise VectorBucketNotFoundError from error

    def vector_buckets(self) -> list[VectorBucket]:
        """All vector buckets, by name."""
        with self._names:
            return [self._vector_buckets[name] for name in sorted(self._vector_buckets)]

    def add_vector_bucket(self, bucket: VectorBucket) -> None:
        """Add a vector bucket of a new name; ConflictError if it is taken."""
        with self._changing:
            if bucket.name in self._vector_buckets:
                raise ConflictError("A vector bucket with the specified name already exists")
            if len(self._vector_buckets) >= MAX_VECTOR_BUCKETS:
                raise ServiceQuotaExceededError(
                    f"An account has at most {MAX_VECTOR_BUCKETS} vector buckets in a region"
                )
            self.journal.put_vector_bucket(bucket)
            self._hold_vector_bucket(bucket)

    def change_vector_bucket(
        self, name: str, change: Callable[[VectorBucket], VectorBucket]
    ) -> None:
        """Replace the attributes of a vector bucket by what ``change`` makes of them."""
        with self._changing:
            bucket = change(self.vector_bucket(name))
            self.journal.put_vector_bucket(bucket)
            with self._names:
                self._vector_buckets[name] = bucket

    def remove_vector_bucket(self, name: str) -> None:
        """Remove an empty vector bucket; ConflictError if it has indexes."""
        with self._changing:
            if self.indexes(name):
                raise ConflictError("The specified vector bucket is not empty")
            self.journal.delete_vector_bucket(name)
            with self._names:
                del self._vector_buckets[name]
                del self._indexes[name]

    def index(self, bucket_name: str, index_name: str) -> VectorIndex:
        """The index of that name; IndexNotFoundError also when the vector bucket is missing."""
        with self._names:
            try:
                return self._indexes[bucket_name][index_name]
            except KeyError as error:
                raise IndexNotFoundError from error

    def indexes(self, bucket_name: str) -> list[VectorIndex]:
        """All indexes of a vector bucket, by name."""
        self.vector_bucket(bucket_name)
        with self._names:
            indexes = self._indexes[bucket_name]
            return [indexes[name] for name in sorted(indexes)]

    def add_index(self, index: VectorIndex) -> None:
        """Add an index of a new name to its vector bucket; ConflictError if it is taken."""
        with self._changing:
            bucket = self.vector_bucket(index.settings.vector_bucket_name)
            indexes = self._indexes[bucket.name]
            if index.settings.name in indexes:
                raise ConflictError("An index with the specified name already exists")
            if len(indexes) >= MAX_INDEXES:
                raise ServiceQuotaExceededError(
                    f"A vector bucket has at most {MAX_INDEXES} indexes"
                )
            self.journal.put_index(index.settings)
            self._hold_index(index)

    def change_index(
        self,
        bucket_name: str,
        index_name: str,
        change: Callable[[IndexSettings], IndexSettings],
    ) -> VectorIndex:
        """The index, its settings replaced by what ``change`` makes of them."""
        with self._changing:
            index = self.index(bucket_name, index_name)
            index.change(change(index.settings))
            return index

    def remove_index(self, bucket_name: str, index_name: str) -> None:
        """Remove an index and its vectors; IndexNotFoundError if there is none."""
        with self._changing:
            self.index(bucket_name, index_name).remove()
            with self._names:
                del self._indexes[bucket_name][index_name]

    def _hold_vector_bucket(self, bucket: VectorBucket) -> None:
        with self._names:
            self._vector_buckets[bucket.name] = bucket
            self._indexes[bucket.name] = {}

    def _hold_index(self, index: VectorIndex) -> None:
        with self._names:
            self._indexes[index.settings.vector_bucket_name][index.settings.name] = index

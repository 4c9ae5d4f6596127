"""A tenant's deletion, and what shows that nothing is left."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from catalog import Catalog, CatalogConflictError, DocumentEntry, DocumentWantedError
from catalog.index_identity import NO_INDEX, index_identity
from documents_bucket import TENANTS_PREFIX
from dropvec.errors import DeletionError
from vector_store import IndexName, TenantId
from vector_store.errors import VectorIndexNotFoundError
from vector_store.service_errors import service_errors

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3vectors import S3VectorsClient

SECONDS_BETWEEN_ROUNDS = 5.0
"""While workers are at documents of the tenant: each round reads the whole table."""

LEASE_SECONDS = 60
"""Far longer than it takes to remove an entry."""


@dataclass(frozen=True, slots=True)
class Traces:
    """What is there of a tenant."""

    versions: int
    """Of its objects, delete markers among them."""
    items: int
    """Of the catalog: entries and pages of vector keys."""
    has_index: bool
    is_registered: bool

    def __bool__(self) -> bool:
        return bool(self.versions or self.items or self.has_index or self.is_registered)


class TenantDeletion:
    """Everything of a named tenant: objects with all their versions, catalog items, the vector index."""

    def __init__(
        self,
        tenant_id: TenantId,
        *,
        s3: "S3Client",
        bucket: str,
        catalog: Catalog,
        s3vectors: "S3VectorsClient",
        index: IndexName,
        vector_bucket: str,
        clock: Callable[[], datetime],
    ) -> None:
        self.folder = f"{TENANTS_PREFIX}{tenant_id}/"
        self.index = index_identity(vector_bucket, str(index))
        self._s3 = s3
        self._bucket = bucket
        self._catalog = catalog
        self._s3vectors = s3vectors
        self._vector_index: Any = {"vectorBucketName": vector_bucket, "indexName": str(index)}
        self._clock = clock

    def traces(self) -> Traces:
        """Return what is there, all of it looked for anew; reads the whole table."""
        return Traces(
            versions=sum(map(len, self._versions())),
            items=sum(1 for _ in self._items()),
            has_index=self._has_index(),
            is_registered=any(found.index == self.index for found in self._catalog.indexes),
        )

    def run(self, *, ends: Callable[[], bool], waits: Callable[[int], None]) -> None:
        """Return when all is deleted, or sooner when `ends` says so; running again goes on.

        The documents go first, so that a worker that begins finds nothing. Those that have begun are
        waited for, `waits` being told how many: they would put what they have read into an index made
        anew. Raises DeletionError for what S3 does not delete, and the services' errors.
        """
        for page in self._versions():
            if ends():
                return
            self._delete_versions(page)
        if ends():
            return
        while held := self._forget_documents():
            waits(held)
            if ends():
                return
            time.sleep(SECONDS_BETWEEN_ROUNDS)
        if ends():
            return
        with suppress(VectorIndexNotFoundError), service_errors(f"index {self.index}"):
            self._s3vectors.delete_index(**self._vector_index)
        self._catalog.indexes.forget(self.index)

    def _versions(self) -> Iterator[list[dict[str, str]]]:
        """Every version and delete marker below the tenant's folder, up to 1,000 at a time."""
        page: dict[str, Any] = {}
        while True:
            answer = self._s3.list_object_versions(Bucket=self._bucket, Prefix=self.folder, **page)
            found = [*answer.get("Versions", []), *answer.get("DeleteMarkers", [])]
            yield [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
            if not answer["IsTruncated"]:
                return
            page = {
                "KeyMarker": answer["NextKeyMarker"],
                "VersionIdMarker": answer["NextVersionIdMarker"],
            }

    def _delete_versions(self, versions: list[dict[str, str]]) -> None:
        if not versions:
            return
        objects: Any = versions
        answer = self._s3.delete_objects(
            Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True}
        )
        if errors := answer.get("Errors"):
            first = errors[0]
            raise DeletionError(
                f"{len(errors)} of {len(versions)} object versions were not deleted: "
                f"{first.get('Key')}: {first.get('Code')}: {first.get('Message')}"
            )

    def _items(self) -> Iterator[tuple[str, str]]:
        """The index and key of each item that the catalog has of the tenant."""
        for item in self._catalog.scan(consistent=True):
            if item.index == self.index or (
                item.index == NO_INDEX and item.key.startswith(self.folder)
            ):
                yield item.index, item.key

    def _forget_documents(self) -> int:
        """Remove every document that no worker holds; returns how many are left."""
        left = 0
        for index, key in dict.fromkeys(self._items()):
            now = self._clock().timestamp()
            entry = self._catalog.get(index, key) or DocumentEntry(index, key)
            if entry.lease_until > now:
                left += 1
                continue
            try:
                lease_until = now + LEASE_SECONDS
                self._catalog.claim(entry, holder="deletion", lease_until=lease_until).remove()
            except (CatalogConflictError, DocumentWantedError):
                left += 1
        return left

    def _has_index(self) -> bool:
        try:
            with service_errors(f"index {self.index}"):
                self._s3vectors.get_index(**self._vector_index)
        except VectorIndexNotFoundError:
            return False
        return True

"""The documents bucket as S3 lists it: every object's current version, in the order of their keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from syncing.errors import ListingUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class ListedObject(Struct, frozen=True):
    """What a listing says of an object."""

    key: str
    etag: str
    last_modified: datetime
    size: int


class BucketListing:
    """The objects of one bucket; every method raises ListingUnavailableError when S3 fails."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self.bucket = bucket

    def objects(self, *, prefix: str = "", after: str = "") -> Iterator[ListedObject]:
        """Return the objects whose key begins with `prefix` and comes behind `after`.

        In the order of the keys' UTF-8 bytes, which is that of their code points; a request for
        each 1,000.
        """
        return self._objects(Prefix=prefix, StartAfter=after)

    def find(self, key: str) -> ListedObject | None:
        """Return the object of that key; None when there is none."""
        # A key is the first of all that begin with it.
        first = next(self._objects(Prefix=key, MaxKeys=1), None)
        return first if first and first.key == key else None

    def folders(self, prefix: str) -> Iterator[str]:
        """Yield each beginning, up to the next slash, that keys behind `prefix` have."""
        for page in self._pages(Prefix=prefix, Delimiter="/"):
            for folder in page.get("CommonPrefixes", []):
                yield folder["Prefix"]

    def _objects(self, **request: Any) -> Iterator[ListedObject]:
        for page in self._pages(**request):
            for found in page.get("Contents", []):
                yield ListedObject(
                    found["Key"], found["ETag"], found["LastModified"], found["Size"]
                )

    def _pages(self, **request: Any) -> Iterator[Any]:
        while True:
            with _s3_errors(self.bucket):
                page = self._client.list_objects_v2(Bucket=self.bucket, **request)
            yield page
            if not page["IsTruncated"]:
                return
            request["ContinuationToken"] = page["NextContinuationToken"]


@contextmanager
def _s3_errors(bucket: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        raise ListingUnavailableError(f"the listing of {bucket}: {code}: {message}") from error
    except BotoCoreError as error:
        raise ListingUnavailableError(f"the listing of {bucket}: {error}") from error

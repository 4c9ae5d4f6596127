"""The documents bucket: what it holds now."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from email.errors import MessageError
from email.header import decode_header, make_header
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct, field

from indexing.errors import (
    BucketUnavailableError,
    DocumentChangedError,
    ForbiddenDocumentError,
    WithheldDocumentError,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


_OF_WRITERS_KEY = (
    "it is encrypted with a key of its writer's (SSE-C): store it encrypted as the bucket is"
)
_FORBIDDEN = (
    "dropvec may not read it: it is encrypted with a KMS key that dropvec may not use, or the bucket's "
    "policy denies it"
)
_KEY_UNUSABLE = (
    "the KMS key that it is encrypted with is disabled or gone: enable it, or store it anew"
)

_WITHHELD = {
    "InvalidObjectState": "it is archived: it is indexed when it is restored",
    "400": _OF_WRITERS_KEY,
    "InvalidRequest": _OF_WRITERS_KEY,
    "403": _FORBIDDEN,
    "AccessDenied": _FORBIDDEN,
    "KMS.DisabledException": _KEY_UNUSABLE,
    "KMS.KMSInvalidStateException": _KEY_UNUSABLE,
    "KMS.NotFoundException": _KEY_UNUSABLE,
}
"""What S3's codes mean about one object; a HEAD has no body, so its code is the bare status."""


class ObjectVersion(Struct, frozen=True):
    """An object as it was when it was looked at."""

    key: str
    etag: str
    last_modified: datetime
    size: int
    content_type: str | None = None
    version_id: str = ""
    user_metadata: Mapping[str, str] = field(default_factory=dict)
    tag_count: int = 0

    @property
    def name(self) -> str:
        """What tells this version from others: its id, or its ETag where the bucket keeps no versions."""
        return self.version_id or self.etag


class BucketReader:
    """Reads the objects of one bucket.

    Every method raises BucketUnavailableError when S3 fails, and all but `listed` raise
    WithheldDocumentError when S3 refuses the object.
    """

    def __init__(self, client: "S3Client", name: str) -> None:
        self._client = client
        self.name = name

    def uri(self, key: str) -> str:
        """Return the `s3://` address of a key."""
        return f"s3://{self.name}/{key}"

    def head(self, key: str) -> ObjectVersion | None:
        """Return the current version of an object; None when there is none."""
        try:
            with _s3_errors(self.uri(key)):
                answer = self._client.head_object(Bucket=self.name, Key=key)
        except _AbsentError:
            return None
        return ObjectVersion(
            key=key,
            etag=answer["ETag"],
            last_modified=answer["LastModified"],
            size=answer["ContentLength"],
            content_type=answer.get("ContentType"),
            version_id=answer.get("VersionId", ""),
            user_metadata={k: _decoded(v) for k, v in answer.get("Metadata", {}).items()},
            tag_count=answer.get("TagCount", 0),
        )

    def listed(self, key: str) -> ObjectVersion | None:
        """Return what the bucket's listing tells of an object; None when there is none.

        Whoever may not list the bucket is refused what there is not, too, and learns nothing.
        """
        uri = self.uri(key)
        try:
            with _s3_errors(uri):
                answer = self._client.list_objects_v2(Bucket=self.name, Prefix=key, MaxKeys=1)
        except (_AbsentError, WithheldDocumentError) as error:
            raise BucketUnavailableError(f"{uri} cannot be listed") from error
        for found in answer.get("Contents", ()):
            if found["Key"] == key:
                return ObjectVersion(key, found["ETag"], found["LastModified"], found["Size"])
        return None

    def tags(self, version: ObjectVersion) -> dict[str, str]:
        """Return the tags that the object has now; nothing is asked for an object without tags."""
        if version.tag_count == 0:
            return {}
        uri = self.uri(version.key)
        try:
            with _s3_errors(uri):
                answer = self._client.get_object_tagging(Bucket=self.name, Key=version.key)
        except _AbsentError as error:
            raise DocumentChangedError(f"{uri} changed while it was read") from error
        return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}

    def read(self, version: ObjectVersion) -> bytes:
        """Return the bytes of exactly this version; DocumentChangedError when it is no longer there."""
        uri = self.uri(version.key)
        try:
            with _s3_errors(uri):
                answer = self._client.get_object(
                    Bucket=self.name, Key=version.key, IfMatch=version.etag
                )
                return answer["Body"].read()
        except _AbsentError as error:
            raise DocumentChangedError(f"{uri} changed while it was read") from error


class _AbsentError(Exception):
    """The object, or the asked version of it, is not there."""


@contextmanager
def _s3_errors(uri: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in {"404", "NoSuchKey", "412", "PreconditionFailed"}:
            raise _AbsentError from error
        if meaning := _WITHHELD.get(code):
            kind = ForbiddenDocumentError if meaning is _FORBIDDEN else WithheldDocumentError
            raise kind(f"{uri} cannot be read: {meaning} ({code})") from error
        message = error.response["Error"].get("Message", "")
        raise BucketUnavailableError(f"{uri}: {code}: {message}") from error
    except (BotoCoreError, OSError) as error:
        raise BucketUnavailableError(f"{uri}: {error}") from error


def _decoded(value: str) -> str:
    """User metadata outside of ASCII travels as RFC 2047 encoded words."""
    try:
        return str(make_header(decode_header(value)))
    except (LookupError, MessageError, ValueError):
        return value

"""One S3 bucket, in memory: what its users do to it, and what the indexing function asks of it."""

import hashlib
import io
from dataclasses import dataclass, field, replace

from tests.fakes.refusals import refusal


@dataclass(frozen=True)
class Version:
    """A version of an object; a delete marker has no body."""

    body: bytes | None
    last_modified: object
    version_id: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def etag(self):
        return f'"{hashlib.md5(self.body, usedforsecurity=False).hexdigest()}"'


class Bucket:
    """A bucket, versioned or not, and a client that knows no other."""

    def __init__(self, *, versioned, clock):
        self.versioned = versioned
        self._clock = clock
        self._count = 0
        self._versions = {}

    def put(self, key, body, metadata=None, tags=None):
        self._add(key, body, metadata or {}, tags or {})

    def tag(self, key, tags):
        """Replace the tags of the object as it is now."""
        self._versions[key][-1] = replace(self._versions[key][-1], tags=tags)

    def remove(self, key):
        if self.versioned:
            self._add(key, None, {}, {})
        else:
            self._versions.pop(key, None)

    def remove_version(self, key, version):
        self._versions[key].remove(version)

    def versions(self, key):
        """The key's versions and delete markers, the current one last."""
        return list(self._versions.get(key, ()))

    def current(self, key):
        """The object as it is now; None when there is none."""
        versions = self._versions.get(key)
        return versions[-1] if versions and versions[-1].body is not None else None

    def keys(self):
        return [key for key in self._versions if self.current(key)]

    def head_object(self, *, Bucket, Key):  # noqa: ARG002, N803 - botocore's
        version = self.current(Key)
        if version is None:
            raise refusal("404", "HeadObject", status=404)
        answer = {
            "ETag": version.etag,
            "LastModified": version.last_modified,
            "ContentLength": len(version.body),
            "ContentType": "binary/octet-stream",
            "Metadata": version.metadata,
        }
        if version.tags:
            answer["TagCount"] = len(version.tags)
        return answer | ({"VersionId": version.version_id} if version.version_id else {})

    def get_object_tagging(self, *, Bucket, Key):  # noqa: ARG002, N803 - botocore's
        version = self.current(Key)
        if version is None:
            raise refusal("NoSuchKey", "GetObjectTagging", status=404)
        return {"TagSet": [{"Key": name, "Value": tag} for name, tag in version.tags.items()]}

    def list_objects_v2(self, *, Bucket, Prefix="", StartAfter="", MaxKeys=1000, Delimiter="\0"):  # noqa: ARG002, N803
        found = [key for key in sorted(self.keys()) if key.startswith(Prefix) and key > StartAfter]
        contents, folders = [], {}
        for key in found[:MaxKeys]:
            name, delimiter, _ = key.removeprefix(Prefix).partition(Delimiter)
            if delimiter:
                folders[Prefix + name + delimiter] = None
            else:
                contents.append(self._listed(key))
        prefixes = [{"Prefix": folder} for folder in folders]
        return {"Contents": contents, "CommonPrefixes": prefixes, "IsTruncated": False}

    def get_object(self, *, Bucket, Key, IfMatch):  # noqa: ARG002, N803 - botocore's
        version = self.current(Key)
        if version is None:
            raise refusal("NoSuchKey", "GetObject", status=404)
        if IfMatch != version.etag:
            raise refusal("PreconditionFailed", "GetObject", status=412)
        return {"Body": io.BytesIO(version.body)}

    def _listed(self, key):
        version = self.current(key)
        return {
            "Key": key,
            "ETag": version.etag,
            "LastModified": version.last_modified,
            "Size": len(version.body),
        }

    def _add(self, key, body, metadata, tags):
        self._count += 1
        version_id = f"version-{self._count}" if self.versioned else ""
        moment = self._clock().replace(microsecond=0)
        version = Version(body, moment, version_id, metadata, tags)
        if self.versioned:
            self._versions.setdefault(key, []).append(version)
        else:
            self._versions[key] = [version]

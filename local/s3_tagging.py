"""Requests about object tags that moto's S3 fails on, and S3 answers."""

from functools import wraps
from typing import Any
from xml.etree import ElementTree as ET

from moto.s3.exceptions import InvalidTagError, MethodNotAllowed, MissingKey, MissingVersion
from moto.s3.models import FakeDeleteMarker
from moto.s3.responses import S3Response

_TAGGING_FROM_XML = S3Response._tagging_from_xml  # noqa: SLF001 - where moto fails
_DELETE_OBJECT_TAGGING = S3Response.delete_object_tagging


def tag_as_s3() -> None:
    """Make PutObjectTagging take no tags and refuse a key twice; DeleteObjectTagging find nothing."""
    setattr(S3Response, _TAGGING_FROM_XML.__name__, _tagging_from_xml)
    setattr(S3Response, _DELETE_OBJECT_TAGGING.__name__, _delete_object_tagging)


@wraps(_TAGGING_FROM_XML)
def _tagging_from_xml(self: Any) -> dict[str, str]:
    tagging = ET.fromstring(self.body)  # noqa: S314 - from a client on this machine
    tags = [
        (tag.findtext("{*}Key", ""), tag.findtext("{*}Value", ""))
        for tag in tagging.iterfind("{*}TagSet/{*}Tag")
    ]
    if len(dict(tags)) < len(tags):
        raise InvalidTagError("Cannot provide multiple Tags with the same key")
    return dict(tags)


@wraps(_DELETE_OBJECT_TAGGING)
def _delete_object_tagging(self: Any) -> Any:
    key, version_id = self.parse_key_name(), self._get_param("versionId")
    found = self.backend.get_object(
        self.bucket_name, key, version_id=version_id, return_delete_marker=True
    )
    if isinstance(found, FakeDeleteMarker):
        raise MethodNotAllowed(method="DELETE", resource_type="DeleteMarker")
    if found is None:
        raise MissingVersion(key=key, version_id=version_id) if version_id else MissingKey(key=key)
    return _DELETE_OBJECT_TAGGING(self)

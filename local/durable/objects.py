"""The objects of one bucket, between moto's models and the stack's file.

All that depends on how moto holds objects is here.
"""

from datetime import datetime
from sqlite3 import Connection
from types import SimpleNamespace
from typing import Any

import orjson
from moto.s3.models import FakeDeleteMarker, FakeKey, s3_backends
from moto.s3.utils import _VersionedKeyStore

from local.durable.carried_out import CarriedOut
from local.durable.stack_file import StackFile
from local.template import ACCOUNT_ID

READS = frozenset({"GET", "HEAD", "OPTIONS"})

PARTITION = "aws"
"""Under this name moto holds the buckets of all regions."""

ATTRIBUTES = (
    "bucket_key_enabled",
    "checksum_algorithm",
    "checksum_parts",
    "checksum_type",
    "checksum_value",
    "encryption",
    "kms_key_id",
    "lock_legal_status",
    "lock_mode",
    "lock_until",
    "website_redirect_location",
)
"""Of a version in moto, beside those that `_described` names. Its access control list and the parts
that it was uploaded in are not kept."""


class LookedUpKeys(_VersionedKeyStore):
    """A bucket's keys, each with its versions, as moto holds them; knows which were looked up.

    Whatever moto does to an object, it looks its key up before: so no request needs to be read.
    """

    def __init__(self) -> None:
        super().__init__()
        self.looked_up: set[str] = set()

    def __sgetitem__(self, key: str) -> list[Any]:
        self.looked_up.add(key)
        return super().__sgetitem__(key)


class KeptObjects:
    """Every version of every key of a bucket; of none before `restore`."""

    def __init__(self, file: StackFile) -> None:
        self._file = file
        self._bucket_name = ""
        self._unsaved: set[str] = set()

    def restore(self, bucket_name: str) -> None:
        """Put what is kept into the bucket, which is there and empty; nobody is notified."""
        keys = LookedUpKeys()
        kept = self._file.rows(
            "SELECT key, version_id, etag, attributes FROM object_version ORDER BY key, position"
        )
        for key, version_id, etag, text in kept:
            attributes = orjson.loads(text)
            attributes["last_modified"] = datetime.fromisoformat(attributes["last_modified"])
            if etag is None:
                before = keys.get(key) or SimpleNamespace(name=key)
                keys[key] = _delete_marker(before, version_id, attributes["last_modified"])
                continue
            ((body,),) = self._file.rows(
                "SELECT body FROM object_body WHERE key = ? AND version_id = ?", (key, version_id)
            )
            version = FakeKey(
                name=key,
                value=body,
                account_id=ACCOUNT_ID,
                region_name=PARTITION,
                storage=attributes.pop("storage_class"),
                etag=etag,
                is_versioned=version_id != "null",
                version_id=version_id,
                bucket_name=bucket_name,
            )
            _describe(version, attributes)
            keys[key] = version
        keys.looked_up.clear()
        _backend().get_bucket(bucket_name).keys = keys
        self._bucket_name = bucket_name

    def save(self, request: CarriedOut) -> None:
        """Keep what the request changed; raises DataFolderError where that cannot be."""
        bucket = _backend().buckets.get(self._bucket_name)
        if bucket is None:
            return
        if not isinstance(bucket.keys, LookedUpKeys):  # deleted, when it was empty, and made again
            bucket.keys = LookedUpKeys()
        looked_up, bucket.keys.looked_up = bucket.keys.looked_up, set()
        if request.method in READS:
            return
        self._unsaved |= looked_up
        if self._unsaved:
            with self._file.transaction() as database:
                for key in self._unsaved:
                    _write(database, key, dict.get(bucket.keys, key, []))
            self._unsaved.clear()


def _write(database: Connection, key: str, versions: list[Any]) -> None:
    """Make the file hold these versions of the key; bodies that it holds are not written again."""
    kept = {
        version_id: row
        for version_id, *row in database.execute(
            "SELECT version_id, position, etag, attributes FROM object_version WHERE key = ?",
            (key,),
        )
    }
    for position, version in enumerate(versions):
        is_object = isinstance(version, FakeKey)
        etag = version.etag.strip('"') if is_object else None
        row = [position, etag, orjson.dumps(_described(version), default=bytes.decode).decode()]
        was = kept.pop(version.version_id, None)
        if row != was:
            database.execute(
                "INSERT OR REPLACE INTO object_version VALUES (?, ?, ?, ?, ?)",
                (key, version.version_id, *row),
            )
        if is_object and (was is None or was[1] != etag):
            database.execute(
                "INSERT OR REPLACE INTO object_body VALUES (?, ?, ?)",
                (key, version.version_id, version.value),
            )
    for table in ("object_version", "object_body"):
        database.executemany(
            f"DELETE FROM {table} WHERE key = ? AND version_id = ?",
            [(key, version_id) for version_id in kept],
        )


def _described(version: Any) -> dict[str, Any]:
    described: dict[str, Any] = {"last_modified": version.last_modified.isoformat()}
    if isinstance(version, FakeKey):
        described["metadata"] = dict(version.metadata)
        described["storage_class"] = version.storage_class
        described["tags"] = _backend().tagger.get_tag_dict_for_resource(version.arn)
        described |= {name: getattr(version, name) for name in ATTRIBUTES}
    return described


def _describe(version: Any, attributes: dict[str, Any]) -> None:
    """Give a version again what `_described` told of it."""
    version.set_metadata(attributes.pop("metadata"))
    tagger = _backend().tagger
    tagger.tag_resource(version.arn, tagger.convert_dict_to_tags_input(attributes.pop("tags")))
    for name, value in attributes.items():
        setattr(version, name, value)


def _delete_marker(deleted: Any, version_id: str, last_modified: datetime) -> Any:
    marker = FakeDeleteMarker(deleted)
    marker.last_modified = last_modified
    marker._version_id = version_id  # noqa: SLF001 - moto itself only ever makes new ones
    return marker


def _backend() -> Any:
    return s3_backends[ACCOUNT_ID][PARTITION]

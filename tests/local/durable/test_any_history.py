"""Object versions in moto's models, without requests: fast enough for many histories."""

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from moto.core.base_backend import BackendDict
from moto.s3.models import FakeKey, s3_backends

from local.durable.carried_out import CarriedOut
from local.durable.objects import KeptObjects
from local.durable.stack_file import StackFile
from local.template import ACCOUNT_ID

BUCKET = "documents"

KEYS = st.sampled_from(["a", "a/b", "ü"])
NUMBERS = st.integers(0, 5)
STEPS = st.one_of(
    st.tuples(st.just("put"), KEYS, st.binary(max_size=8)),
    st.tuples(st.just("delete"), KEYS),
    st.tuples(st.just("delete a version"), KEYS, NUMBERS),
    st.tuples(st.just("tag"), KEYS, NUMBERS, st.text("ab", max_size=2)),
    st.tuples(st.just("read"), KEYS),
    st.tuples(st.just("restart")),
)


class Bucket:
    """A versioned bucket; a restart leaves nothing of it but what its file keeps."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open()

    def _open(self) -> None:
        BackendDict.reset()
        self._backend = s3_backends[ACCOUNT_ID]["aws"]
        self._backend.create_bucket(BUCKET, "us-east-1")
        self._backend.put_bucket_versioning(BUCKET, "Enabled")
        self._file = StackFile(self._folder)
        self._kept = KeptObjects(self._file)
        self._kept.restore(BUCKET)

    def close(self) -> None:
        self._file.close()

    def restart(self) -> None:
        self.close()
        self._open()

    def carry_out(self, *step: Any) -> None:
        match step:
            case "restart", *_:
                self.restart()
            case "put", key, body:
                self._backend.put_object(BUCKET, key, body)
            case "delete", key:
                self._backend.delete_object(BUCKET, key)
            case "delete a version", key, number:
                for version in self._one(key, number):
                    self._backend.delete_object(BUCKET, key, version.version_id)
            case "tag", key, number, value:
                for version in self._one(key, number):
                    if isinstance(version, FakeKey):
                        self._backend.put_object_tagging(version, {"tag": value})
            case "read", key:
                self._backend.get_object(BUCKET, key)
        method = "GET" if step[0] == "read" else "PUT"
        self._kept.save(CarriedOut(method=method, target="", body=b"", succeeded=True))

    def versions(self) -> list[Any]:
        return [
            (
                key,
                type(version),
                version.version_id,
                version.last_modified,
                isinstance(version, FakeKey)
                and (version.value, version.etag, self._backend.get_object_tagging(version)),
            )
            for key in sorted(self._keys())
            for version in self._keys().getlist(key)
        ]

    def _keys(self) -> Any:
        return self._backend.get_bucket(BUCKET).keys

    def _one(self, key: str, number: int) -> list[Any]:
        versions = self._keys().getlist(key, [])
        return versions[number % len(versions) :][:1] if versions else []


@given(steps=st.lists(STEPS, max_size=12))
@settings(max_examples=100, deadline=None)
def test_any_history_leaves_the_same_versions_behind(tmp_path_factory, steps):
    bucket = Bucket(tmp_path_factory.mktemp("data"))
    for step in steps:
        bucket.carry_out(*step)
    before = bucket.versions()

    bucket.restart()

    assert bucket.versions() == before
    bucket.close()
    BackendDict.reset()

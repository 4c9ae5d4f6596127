"""A data folder keeps everything; one of the tests kills a process that writes to it."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.s3vectors import DataFolderError, S3VectorsError, S3VectorsService
from local.s3vectors.data_folder import FILE_NAME
from local.s3vectors.errors import InternalServerError
from tests.local.s3vectors.calls import (
    BUCKET,
    INDEX,
    create_index,
    get,
    keys_of,
    put,
    query,
    vector,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ARN = "arn:aws:s3vectors:us-east-1:123456789012:bucket/vectors"
POLICY = '{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "x"}}'

# Round n puts 20 vectors of its own and one that all rounds share, then deletes one of round n-1.
WRITER = """
import itertools, sys
from local.s3vectors import S3VectorsService

service = S3VectorsService(data=sys.argv[1])
index = {"vectorBucketName": "vectors", "indexName": "chunk"}
for n in itertools.count(int(sys.argv[2])):
    keys = [f"{n}-{i}" for i in range(20)] + ["shared"]
    service.call("PutVectors", {**index, "vectors": [
        {"key": key, "data": {"float32": [n + 1, i]}, "metadata": {"round": n}}
        for i, key in enumerate(keys)
    ]})
    print("put", n, flush=True)
    service.call("DeleteVectors", {**index, "keys": [f"{n - 1}-0"]})
    print("deleted", n, flush=True)
"""


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Any]:
    """Open the data folder; a service that is open is closed before."""
    services: list[S3VectorsService] = []

    def open_(**settings: Any) -> S3VectorsService:
        for service in services:
            service.close()
        services.append(S3VectorsService(data=tmp_path / "data", **settings))
        return services[-1]

    yield open_
    services[-1].close()


def everything(service: S3VectorsService) -> list[Any]:
    return [
        service.call("GetVectorBucket", BUCKET),
        service.call("GetVectorBucketPolicy", BUCKET),
        service.call("ListTagsForResource", {"resourceArn": ARN}),
        service.call("ListTagsForResource", {"resourceArn": f"{ARN}/index/chunk"}),
        service.call("GetIndex", INDEX),
        service.call("ListIndexes", BUCKET),
        service.call("ListVectors", {**INDEX, "returnData": True, "returnMetadata": True}),
        query(service, 1, 0, topK=100, filter={"n": {"$gte": 3}}, returnMetadata=True),
        query(service, 1, 0, queryTexts=[{"text": "fox", "metadataKey": "value"}]),
    ]


def test_everything_is_there_again(opened: Any) -> None:
    service = opened()
    searchable = {"textSearchConfigurations": [{"metadataKey": "value", "language": "en"}]}
    configuration = {"nonFilterableMetadataKeys": ["value"], **searchable}
    create_index(service, metadataConfiguration=configuration, tags={"tenant": "acme"})
    service.call("TagResource", {"resourceArn": ARN, "tags": {"team": "a"}})
    service.call("PutVectorBucketPolicy", {**BUCKET, "policy": POLICY})
    new_index = {"dataType": "float32", "dimension": 9, "distanceMetric": "euclidean"}
    service.call("CreateIndex", {**BUCKET, "indexName": "gone", **new_index})
    service.call("DeleteIndex", {**BUCKET, "indexName": "gone"})
    service.call("CreateIndex", {**BUCKET, "indexName": "empty", **new_index})
    service.call("CreateVectorBucket", {"vectorBucketName": "gone"})
    service.call("DeleteVectorBucket", {"vectorBucketName": "gone"})
    tags = ["ä", "😀"]
    put(service, *(vector(str(i), 1, i, n=i, f=0.1, tags=tags, value="foxes") for i in range(150)))
    service.call("DeleteVectors", {**INDEX, "keys": ["0", "7", "149"]})
    put(service, vector("3", -1, 0.5, n=3), vector("new", 1, 7, n=7, value="a fox"))
    page = service.call("ListVectors", {**INDEX, "maxResults": 100})
    before = everything(service)

    service = opened()

    assert everything(service) == before
    rest = service.call("ListVectors", {**INDEX, "nextToken": page["nextToken"]})
    assert len(keys_of(page) + keys_of(rest)) == 148
    put(service, vector("after", 1, 0))
    assert set(get(opened(), "after", "0", "new")) == {"after", "new"}
    with pytest.raises(S3VectorsError, match="could not be found"):
        service.call("GetVectorBucket", {"vectorBucketName": "gone"})


def test_modes_and_searchable_keys_are_there_again_and_built(opened: Any) -> None:
    later: list[Any] = []
    service = opened(background=later.append)
    create_index(service)
    put(service, vector("a", 1, 0, value="fox"))
    add = {"textSearchConfigurations": [{"metadataKey": "value"}]}
    service.call("UpdateMetadataConfiguration", {**INDEX, "add": add})

    service = opened()

    index = service.call("GetIndex", INDEX)["index"]
    assert index["metadataConfiguration"]["textSearchConfigurations"][0]["status"] == "ACTIVE"
    texts = [{"text": "fox", "metadataKey": "value"}]
    assert keys_of(service.call("QueryVectors", {**INDEX, "topK": 1, "queryTexts": texts})) == ["a"]


def test_an_index_of_the_same_name_begins_empty(opened: Any) -> None:
    service = opened()
    create_index(service)
    put(service, vector("a", 1, 0))
    service.call("DeleteIndex", INDEX)
    service.call("DeleteVectorBucket", BUCKET)
    create_index(service)
    put(service, vector("b", 1, 0))

    assert keys_of(query(opened(), 1, 0)) == ["b"]


def test_a_folder_is_open_in_one_service_at_a_time(opened: Any, tmp_path: Path) -> None:
    opened()

    with pytest.raises(DataFolderError, match="is in use"):
        S3VectorsService(data=str(tmp_path / "data"))


def test_a_folder_belongs_to_one_account_and_region(opened: Any, tmp_path: Path) -> None:
    opened().close()

    with pytest.raises(DataFolderError, match="of account 123456789012 in us-east-1"):
        S3VectorsService(data=tmp_path / "data", region="eu-west-1")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"x" * 5000)

    with pytest.raises(DataFolderError, match="not a data folder"):
        S3VectorsService(data=tmp_path)


def test_a_write_that_cannot_be_kept_is_an_error_and_changes_nothing(opened: Any) -> None:
    service = opened()
    create_index(service)
    put(service, vector("a", 1, 0))
    journal = service._account.journal
    limit = journal._database.getlimit(sqlite3.SQLITE_LIMIT_LENGTH)
    journal._database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1000)

    with pytest.raises(InternalServerError, match="Writing to the data folder failed"):
        put(service, vector("b", 1, 0), vector("a", 1, 0, value="x" * 1500))
    journal._database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, limit)

    assert get(service, "a", "b")["a"]["metadata"] == {}
    assert list(get(service, "a", "b")) == list(get(opened(), "a", "b")) == ["a"]


def test_readers_wait_for_no_writer(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    service = opened()
    create_index(service)
    put(service, vector("a", 1, 0))
    journal = service._account.journal
    writing, go_on = threading.Event(), threading.Event()
    keep = journal.put_vectors

    def slow(*arguments: Any) -> None:
        writing.set()
        assert go_on.wait(30)
        keep(*arguments)

    monkeypatch.setattr(journal, "put_vectors", slow)
    writer = threading.Thread(target=put, args=(service, vector("b", 1, 0)))
    writer.start()
    assert writing.wait(30)

    assert keys_of(query(service, 1, 0)) == ["a"]
    service.call("CreateVectorBucket", {"vectorBucketName": "meanwhile"})
    assert service.call("GetIndex", INDEX)
    go_on.set()
    writer.join()
    assert keys_of(query(service, 1, 0)) == ["a", "b"]


def test_a_write_to_an_index_that_was_just_deleted_is_not_found(opened: Any) -> None:
    service = opened()
    create_index(service)
    index = service._account.index("vectors", "chunk")
    service.call("DeleteIndex", INDEX)

    for write in (lambda: index.put([]), lambda: index.delete(["a"])):
        with pytest.raises(S3VectorsError, match="The specified index could not be found"):
            write()


def check_rounds(service: S3VectorsService, acknowledged: list[tuple[str, int]]) -> int:
    """Every acknowledged step is there, the one after it whole or not at all; the last round."""
    listed = service.call("ListVectors", {**INDEX, "returnMetadata": True, "maxResults": 1000})
    rounds: dict[int, set[str]] = {}
    shared = -1
    while True:
        for found in listed["vectors"]:
            if found["key"] == "shared":
                shared = found["metadata"]["round"]
            else:
                rounds.setdefault(found["metadata"]["round"], set()).add(found["key"])
        if "nextToken" not in listed:
            break
        request = {**INDEX, "returnMetadata": True, "maxResults": 1000}
        listed = service.call("ListVectors", request | {"nextToken": listed["nextToken"]})
    last = max(rounds, default=-1)
    assert sorted(rounds) == list(range(last + 1))
    assert shared == last
    for n, keys in rounds.items():
        whole = {f"{n}-{i}" for i in range(20)}
        assert whole - {f"{n}-0"} <= keys <= whole
        assert not (f"{n}-0" in keys and ("deleted", n + 1) in acknowledged)
        assert f"{n}-0" in keys or n < last
    puts = [n for step, n in acknowledged if step == "put"]
    assert last in (max(puts, default=-1), max(puts, default=-1) + 1)
    return last


def test_a_process_that_is_killed_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    with closing(S3VectorsService(data=tmp_path)) as service:
        create_index(service)

    acknowledged: list[tuple[str, int]] = []
    last = -1
    for killed_after in (3, 40):
        command = [sys.executable, "-c", WRITER, str(tmp_path), str(last + 1)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            for count, line in enumerate(writer.stdout, 1):
                step, n = line.split()
                acknowledged.append((step, int(n)))
                if count == killed_after:
                    os.kill(writer.pid, signal.SIGKILL)
        assert writer.returncode == -signal.SIGKILL
        with closing(S3VectorsService(data=tmp_path)) as service:
            last = check_rounds(service, acknowledged)


@given(cut=st.floats(0, 1))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_torn_log_holds_whole_writes_only(tmp_path: Path, cut: float) -> None:
    written = tmp_path / "written"
    if not written.exists():
        _write_without_closing(tmp_path / "open", written)
    torn = tmp_path / "torn"
    shutil.rmtree(torn, ignore_errors=True)
    shutil.copytree(written, torn)
    log = torn / f"{FILE_NAME}-wal"
    os.truncate(log, int(cut * log.stat().st_size))

    with closing(S3VectorsService(data=torn)) as service:
        try:
            stored = get(service, *(str(i) for i in range(60)))
        except S3VectorsError:
            stored = {}  # not even the index was written

    rounds = [v["metadata"]["round"] for v in stored.values()]
    assert [rounds.count(n) for n in set(rounds)] == [10] * len(set(rounds))
    assert set(rounds) == set(range(len(set(rounds))))
    assert cut < 1 or len(set(rounds)) == 6


def _write_without_closing(folder: Path, copy: Path) -> None:
    with closing(S3VectorsService(data=folder)) as service:
        create_index(service)
        for n in range(6):
            put(service, *(vector(str(10 * n + i), 1, i, round=n) for i in range(10)))
        shutil.copytree(folder, copy)

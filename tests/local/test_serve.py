"""`python -m local.serve --data folder`, killed without warning and started again."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import closing
from datetime import UTC, datetime
from itertools import count, takewhile

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.session import Session

from catalog import Catalog, DocumentState
from documents_bucket.keys import document_key
from local.stack import LocalStack
from vector_store import ConnectionString, IndexName

SETTLE_SECONDS = 120


class Served:
    """The served stack of one data folder: a process after the other."""

    def __init__(self, folder):
        self._folder = folder
        self._session = Session()
        self._process = None

    def start(self):
        command = [sys.executable, "-m", "local.serve", "--aws-port", "0", "--api-port", "0"]
        self._process = subprocess.Popen(
            [*command, "--data", str(self._folder)], stdout=subprocess.PIPE, text=True
        )
        told = "".join(takewhile(lambda line: "Ctrl-C" not in line, self._process.stdout))
        aws_url, self.api_url = re.findall(
            r"^(?:AWS endpoint|Query API) +(\S+)$", told, re.MULTILINE
        )
        self.stack = LocalStack(aws_url, session=self._session)
        self.s3, self.vectors, dynamodb = (
            self._session.create_client(
                service,
                region_name="us-east-1",
                endpoint_url=aws_url,
                config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
            )
            for service in ("s3", "s3vectors", "dynamodb")
        )
        self.catalog = Catalog(dynamodb, self.stack.catalog_table, clock=lambda: datetime.now(UTC))

    def kill(self):
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.communicate()
        assert self._process.returncode == -signal.SIGKILL

    def close(self):
        if self._process:
            self._process.kill()
            self._process.communicate()

    def put(self, key, text, **settings):
        self.s3.put_object(
            Bucket=self.stack.documents_bucket, Key=key, Body=text.encode(), **settings
        )

    def objects(self):
        """Every object's text, ETag, version and tags, by key."""
        bucket, objects = self.stack.documents_bucket, {}
        for found in self.s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            named = {"Bucket": bucket, "Key": found["Key"]}
            answer = self.s3.get_object(**named)
            objects[found["Key"]] = (
                answer["Body"].read().decode(),
                answer["ETag"],
                answer["VersionId"],
                self.s3.get_object_tagging(**named)["TagSet"],
            )
        return objects

    def entries(self):
        """The catalog's entry of each document in the bucket, by key; None of those without."""
        store = ConnectionString.parse(self.stack.environment("IndexingFunction")["VECTOR_STORE"])
        entries = {}
        for key in self.objects():
            name = IndexName("chunk", document_key(key).tenant_id, store.index_prefix)
            entries[key] = self.catalog.get(f"{store.bucket_name}/{name}", key)
        return entries

    def settled(self):
        """The entries, when every document is indexed as it is in the bucket."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            entries, objects = self.entries(), self.objects()
            if all(
                entry and entry.state is DocumentState.INDEXED and entry.etag == objects[key][1]
                for key, entry in entries.items()
            ):
                return entries
            assert time.monotonic() < deadline, entries
            time.sleep(0.2)

    def stored(self, index):
        """All vectors of an index, by key."""
        bucket_name, index_name = index.split("/")
        pages = self.vectors.get_paginator("list_vectors").paginate(
            vectorBucketName=bucket_name,
            indexName=index_name,
            returnData=True,
            returnMetadata=True,
        )
        return {vector["key"]: vector for page in pages for vector in page["vectors"]}

    def vector_writes(self):
        """How often this process was asked to put or delete vectors."""
        with urllib.request.urlopen(f"{self.stack.endpoint_url}/_s3vectors/calls") as answer:
            calls = json.load(answer)["calls"]
        return sum(call["operation"] in {"PutVectors", "DeleteVectors"} for call in calls)

    def ask(self, query, tenant):
        request = urllib.request.Request(
            f"{self.api_url}/tenants/{tenant}/query",
            data=json.dumps({"query": query, "top_k": 1}).encode(),
            headers={"content-type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["matches"]


@pytest.fixture
def served(tmp_path):
    served = Served(tmp_path / "data")
    with closing(served):
        served.start()
        yield served


def check_in_step(served, entries):
    """Each index holds the vectors that the catalog knows of, and each of them its document's text."""
    known = {}
    for key, entry in entries.items():
        keys = served.catalog.vector_keys(entry, entry.indexed)
        known.setdefault(entry.index, {}).update(dict.fromkeys(keys, key))
    objects = served.objects()
    for index, documents in known.items():
        stored = served.stored(index)
        assert set(stored) == set(documents)
        for key, vector in stored.items():
            # In front of its text, a chunk has its document's name and headings.
            text = vector["metadata"]["value"].rpartition("\n\n")[2]
            assert text in objects[documents[key]][0]


def test_a_stack_that_is_killed_between_writes_is_back_as_it_was(served):
    served.put("guide.txt", "Oil the hinge of the gate every spring.", Tagging="class=public")
    for hours in ("five", "six"):
        served.put("tenants/acme/valve.txt", f"Replace the seal after {hours} hundred hours.")
    entries, objects = served.settled(), served.objects()
    vectors = {entry.index: served.stored(entry.index) for entry in entries.values()}
    assert len(vectors) == 2

    served.kill()
    served.start()

    assert served.objects() == objects
    assert served.settled() == entries
    assert {index: served.stored(index) for index in vectors} == vectors
    check_in_step(served, entries)
    assert served.ask("Which interval does the seal have?", "acme")[0]["text"] == (
        "Replace the seal after six hundred hours."
    )
    assert served.vector_writes() == 0


def test_a_stack_that_is_killed_during_writes_keeps_what_it_acknowledged_and_comes_into_step(
    served,
):
    writer = Writer()
    for acknowledged in (4, 12):
        writer.write(served, until=acknowledged)
        served.start()
        found = {key: text for key, (text, *_) in served.objects().items()}
        writer.check(found)

    entries = served.settled()

    writer.check({key: text for key, (text, *_) in served.objects().items()})
    check_in_step(served, entries)


class Writer:
    """Puts documents, each in two versions, until the process is killed."""

    def __init__(self):
        self._acknowledged = {}
        self._unknown = {}
        """The text of each put without an answer: it is there whole, or not at all."""

    def write(self, served, until):
        """Write from three threads; kill the process when so many puts are acknowledged."""
        done = threading.Semaphore(0)
        threads = [
            threading.Thread(target=self._put_on, args=(served, f"{until}-{number}", done))
            for number in range(3)
        ]
        for thread in threads:
            thread.start()
        for _ in range(until):
            assert done.acquire(timeout=60)
        served.kill()
        for thread in threads:
            thread.join()

    def _put_on(self, served, name, done):
        for number in count():
            key = f"tenants/acme/{name}-{number // 2}.txt"
            text = f"Version {number} of {name}. " + "It is about gates and seals. " * 40
            try:
                served.put(key, text)
            except (HTTPClientError, ClientError):
                self._unknown[key] = text
                return
            self._acknowledged[key] = text
            done.release()

    def check(self, found):
        """Every acknowledged text is found, or the one that was put over it without an answer."""
        assert self._acknowledged
        for key, text in self._acknowledged.items():
            assert found[key] in {text, self._unknown.get(key)}
        for key in found.keys() - self._acknowledged.keys():
            assert found[key] == self._unknown[key]

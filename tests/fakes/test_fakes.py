"""The fakes do what the services do whose place they take, as far as anybody asks."""

import json
import uuid
from datetime import UTC, datetime
from functools import partial
from itertools import count
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError
from botocore.session import Session
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from catalog import Catalog, CatalogError, DocumentEntry, DocumentState
from tests.catalog.conftest import TABLE, declared_table
from tests.fakes.dynamodb import Table
from tests.fakes.s3 import Bucket
from tests.fakes.sqs import Queue

NOW = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)
LEASE = int(NOW.timestamp()) + 900

KEYS = st.sampled_from(["a.txt", "b/ü.md"])
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("claim", "claim", "want", "intend", "settle", "remove", "release", "sweep"),
                *("announce", "register"),
            ]
        ),
        KEYS,
        st.integers(0, 3),
    ),
    max_size=12,
)


BUCKETS = count(1)
"""None of them is used twice."""

UNKNOWN = '"none"'
"""An ETag of no object."""


@pytest.fixture(scope="module")
def moto():
    """Makes a client of moto's."""
    with mock_aws():
        session = Session()
        session.set_credentials("local", "local")
        yield partial(session.create_client, region_name="us-east-1")


@pytest.fixture(scope="module")
def dynamodb(moto):
    client = moto("dynamodb")
    client.create_table(TableName=TABLE, **declared_table())
    return client


@pytest.fixture(scope="module")
def s3(moto):
    return moto("s3")


class Side:
    """A catalog in one of the two tables, and what is held of it."""

    def __init__(self, client, index):
        self.client = client
        self.index = index
        self.catalog = Catalog(client, TABLE, clock=lambda: NOW)
        self.claims = {}

    def do(self, step, key, number):
        """What came of one step: what it returned, or which error it raised."""
        try:
            return self._do(step, key, number)
        except CatalogError as error:
            return type(error), str(error)

    def _do(self, step, key, number):
        entry = self.catalog.get(self.index, key) or DocumentEntry(self.index, key)
        held = self.claims.get(key)
        if step == "register":
            model = f"model-{number % 2}"
            return self.catalog.indexes.register(
                self.index, model=model, dimensions=8, recipe=f"recipe-{number}"
            )
        if step == "announce":
            return self.catalog.indexes.announce(self.index)
        if step == "want":
            return self.catalog.want(entry)
        if step == "claim":
            self.claims[key] = held = self.catalog.claim(
                entry, holder=f"message-{number}", lease_until=LEASE
            )
        elif held is None:
            return None
        elif step == "intend":
            keys = {f"{n:032x}": f"{n:016x}" for n in range(number)}
            held.write(intended=held.store_keys(keys))
        elif step == "settle":
            state = list(DocumentState)[number]
            held.settle(state=state, reason="r" * number, size=number)
        elif step == "remove":
            held.remove()
        elif step == "release":
            held.release("busy", doubtful=number > 1)
        else:
            held.sweep()
        return held.entry

    def seen(self):
        """Everything that can be asked of the table."""
        return [
            list(self.catalog.entries.of_index(self.index)),
            sorted(map(repr, self.catalog.scan())),
        ]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS, number=st.uuids())
def test_any_history_of_a_catalog_is_the_same_in_the_fake_table_as_in_motos(
    dynamodb, steps, number
):
    for item in dynamodb.scan(TableName=TABLE)["Items"]:
        dynamodb.delete_item(TableName=TABLE, Key={"pk": item["pk"], "sk": item["sk"]})
    sides = [Side(dynamodb, f"bucket/{number}"), Side(Table(), f"bucket/{number}")]

    for position, step in enumerate(steps):
        with patch.object(uuid, "uuid4", lambda n=position: uuid.UUID(int=(n + 1) << 96)):
            real, fake = (side.do(*step) for side in sides)
        assert fake == real
    # What stands in between is what a shorter history ends with.
    assert sides[1].seen() == sides[0].seen()


def test_the_fake_bucket_lists_what_s3_lists(s3):
    s3.create_bucket(Bucket="documents")
    fake = Bucket(versioned=False, clock=lambda: NOW)
    for key in ["b/x", "a", "b.metadata.json", "b/y/z", "ü", "b"]:
        s3.put_object(Bucket="documents", Key=key, Body=key.encode())
        fake.put(key, key.encode())
    for request in (
        {},
        {"Prefix": "b"},
        {"StartAfter": "b/x"},
        {"Prefix": "b/", "Delimiter": "/"},
        {"Prefix": "b", "MaxKeys": 1},
    ):
        real, found = (side.list_objects_v2(Bucket="documents", **request) for side in (s3, fake))
        for part, name in (("Contents", "Key"), ("CommonPrefixes", "Prefix")):
            assert [each[name] for each in found.get(part, [])] == [
                each[name] for each in real.get(part, [])
            ]
        assert [each["ETag"] for each in found["Contents"]] == [
            each["ETag"] for each in real["Contents"]
        ]


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    versioned=st.booleans(),
    changes=st.lists(
        st.tuples(
            st.sampled_from(["put", "put", "remove", "remove version"]),
            KEYS,
            st.sampled_from([b"", b"one", b"two"]),
            st.sampled_from([{}, {"team": "sales"}]),
        ),
        min_size=5,
        max_size=12,
    ),
)
def test_any_history_of_a_bucket_is_the_same_in_the_fake_one_as_in_motos(s3, versioned, changes):
    bucket, name = Bucket(versioned=versioned, clock=lambda: NOW), f"documents-{next(BUCKETS)}"
    s3.create_bucket(Bucket=name)
    if versioned:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    ids = []
    for change, key, body, metadata in changes:
        if change == "put":
            bucket.put(key, body, metadata)
            ids.append(s3.put_object(Bucket=name, Key=key, Body=body, Metadata=metadata))
        elif change == "remove" and bucket.current(key):
            bucket.remove(key)
            ids.append(s3.delete_object(Bucket=name, Key=key))
        elif change == "remove version" and versioned and (versions := bucket.versions(key)):
            [*_, latest] = versions
            number = int(latest.version_id.removeprefix("version-"))
            bucket.remove_version(key, latest)
            s3.delete_object(Bucket=name, Key=key, VersionId=ids[number - 1]["VersionId"])
        for etag in (UNKNOWN, seen(bucket, name, key).get("ETag", UNKNOWN)):
            assert seen(bucket, name, key) == seen(s3, name, key)
            assert read(bucket, name, key, etag) == read(s3, name, key, etag)


def seen(client, name, key):
    """What a HEAD says, but for times and ids."""
    try:
        answer = client.head_object(Bucket=name, Key=key)
    except ClientError as error:
        return {"Error": error.response["Error"]["Code"]}
    names = ("ETag", "ContentLength", "ContentType", "Metadata")
    return {name: answer[name] for name in names}


def read(client, name, key, etag):
    try:
        return client.get_object(Bucket=name, Key=key, IfMatch=etag)["Body"].read()
    except ClientError as error:
        return error.response["Error"]["Code"]


def test_the_fake_queue_gives_a_message_up_when_sqs_does(moto):
    sqs = moto("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    redrive = json.dumps({"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": 2})
    attributes = {"VisibilityTimeout": "0", "RedrivePolicy": redrive}
    url = sqs.create_queue(QueueName="live", Attributes=attributes)["QueueUrl"]
    receive = partial(sqs.receive_message, AttributeNames=["All"], WaitTimeSeconds=0)
    fake = Queue(seconds=lambda: 0, visibility_timeout=0, max_receive_count=2)
    for queue in (sqs, fake):
        entry = {"Id": "1", "MessageBody": "look", "DelaySeconds": 0}
        queue.send_message_batch(QueueUrl=url, Entries=[entry])

    for _ in range(3):
        real = receive(QueueUrl=url).get("Messages", [])
        found = [record for record in map(fake.receive, fake.visible()) if record]
        assert [record["attributes"]["ApproximateReceiveCount"] for record in found] == [
            message["Attributes"]["ApproximateReceiveCount"] for message in real
        ]

    assert len(receive(QueueUrl=dead)["Messages"]) == len(fake.dead_letters) == 1

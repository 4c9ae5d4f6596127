"""The fakes do what the services do whose place they take, as far as anybody asks."""

import uuid
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from botocore.session import Session
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from catalog import Catalog, CatalogError, DocumentEntry, DocumentState
from tests.catalog.conftest import TABLE, declared_table
from tests.fakes.dynamodb import Table
from tests.fakes.s3 import Bucket

NOW = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)
LEASE = int(NOW.timestamp()) + 900

KEYS = st.sampled_from(["a.txt", "b/ü.md"])
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["claim", "claim", "want", "intend", "settle", "remove", "release", "sweep", "register"]
        ),
        KEYS,
        st.integers(0, 3),
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def dynamodb():
    with mock_aws():
        client = Session().create_client(
            "dynamodb",
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - no secret
        )
        client.create_table(TableName=TABLE, **declared_table())
        yield client


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
            [list(self.catalog.entries.in_state(self.index, state)) for state in DocumentState],
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
        assert sides[1].seen() == sides[0].seen()


def test_the_fake_bucket_lists_what_s3_lists():
    keys = ["b/x", "a", "b.metadata.json", "b/y/z", "ü", "b"]
    with mock_aws():
        client = Session().create_client(
            "s3",
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - no secret
        )
        client.create_bucket(Bucket="documents")
        fake = Bucket(versioned=False, clock=lambda: NOW)
        for key in keys:
            client.put_object(Bucket="documents", Key=key, Body=key.encode())
            fake.put(key, key.encode())
        for request in (
            {},
            {"Prefix": "b"},
            {"StartAfter": "b/x"},
            {"Prefix": "b/", "Delimiter": "/"},
            {"Prefix": "b", "MaxKeys": 1},
        ):
            real, found = (
                side.list_objects_v2(Bucket="documents", **request) for side in (client, fake)
            )
            for part, name in (("Contents", "Key"), ("CommonPrefixes", "Prefix")):
                assert [each[name] for each in found.get(part, [])] == [
                    each[name] for each in real.get(part, [])
                ]
            assert [each["ETag"] for each in found["Contents"]] == [
                each["ETag"] for each in real["Contents"]
            ]

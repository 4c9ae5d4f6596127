from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from botocore.session import Session
from moto import mock_aws

from catalog import Catalog
from local.stack import TABLE_PROPERTIES, LocalStack

TABLE = "catalog"


class Calls(list[str]):
    """The DynamoDB operations of a client, in order."""

    def count_by_kind(self):
        return {name: self.count(name) for name in sorted(set(self))}


class Clock:
    """Stands still until somebody moves it."""

    def __init__(self):
        self.now = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)

    def __call__(self):
        return self.now

    def move(self, seconds):
        self.now += timedelta(seconds=seconds)

    @property
    def seconds(self):
        return self.now.timestamp()


@pytest.fixture
def clock():
    return Clock()


@cache
def declared_table():
    """The catalog's table as template.yaml has it."""
    properties = LocalStack("http://127.0.0.1").template.properties("CatalogTable")
    return {name: properties[name] for name in TABLE_PROPERTIES}


@cache
def session():
    """One for all: a new one reads the models of its services anew."""
    made = Session()
    made.set_credentials("local", "local")
    return made


@pytest.fixture
def client():
    with mock_aws():
        client = session().create_client("dynamodb", region_name="us-east-1")
        client.create_table(TableName=TABLE, **declared_table())
        yield client


@pytest.fixture
def calls(client):
    recorded = Calls()
    client.meta.events.register(
        "before-call.dynamodb", lambda model, **_: recorded.append(model.name)
    )
    return recorded


@pytest.fixture
def catalog(client, clock):
    return Catalog(client, TABLE, clock=clock)

from datetime import UTC, datetime

import pytest
from botocore.session import Session
from moto import mock_aws

from catalog import Catalog

TABLE = "catalog"


class Calls(list[str]):
    """The DynamoDB operations of a client, in order."""

    def count_by_kind(self):
        return {name: self.count(name) for name in sorted(set(self))}


@pytest.fixture
def client(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    with mock_aws():
        client = Session().create_client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName=TABLE,
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


@pytest.fixture
def calls(client):
    recorded = Calls()
    client.meta.events.register(
        "before-call.dynamodb", lambda model, **_: recorded.append(model.name)
    )
    return recorded


@pytest.fixture
def catalog(client):
    return Catalog(client, TABLE, clock=lambda: datetime(2026, 11, 2, 9, 15, tzinfo=UTC))

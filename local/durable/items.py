"""The items of one table, between moto's models and the stack's file.

All that depends on how moto holds items is here.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.utilities import dynamo_json_dump

from local.durable.carried_out import CarriedOut
from local.durable.stack_file import StackFile
from local.template import ACCOUNT_ID, REGION

READS = ("BatchGet", "Describe", "Get", "List", "Query", "Scan", "TransactGet")
"""How the names of operations begin that change nothing."""

WRITES = frozenset({"BatchWriteItem", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"})
"""Operations whose request names each item that it changes; after another, all items are saved."""

Attributes = Mapping[str, Any]
"""Of an item or a primary key, as DynamoDB has them on the wire: `{"pk": {"S": "..."}}`."""


class KeptItems:
    """Every item of a table, whose primary key is of strings; of none before `restore`."""

    def __init__(self, file: StackFile) -> None:
        self._file = file
        self._table_name = ""

    def restore(self, table_name: str) -> None:
        """Put what is kept into the table, which is there and empty."""
        table = _tables()[table_name]
        key_types = {table.hash_key_type, table.range_key_type or "S"}
        if key_types != {"S"}:
            raise NotImplementedError(f"the primary key of {table_name} is of types {key_types}")
        for (attributes,) in self._file.rows("SELECT attributes FROM item ORDER BY rowid"):
            table.put_item(orjson.loads(attributes), overwrite=True)
        self._table_name = table_name

    def save(self, request: CarriedOut) -> None:
        """Keep what the request changed; raises DataFolderError where that cannot be."""
        operation = request.target.rpartition(".")[2]
        if not self._table_name or operation.startswith(READS):
            return
        if request.succeeded and operation in WRITES:
            self._save_written(operation, orjson.loads(request.body))
        # A request that is refused changes nothing, but moto may refuse a batch in its midst.
        elif request.succeeded or operation == "BatchWriteItem":
            self._save_all()

    def _save_written(self, operation: str, request: Mapping[str, Any]) -> None:
        arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{self._table_name}"
        written = [
            write.get("Item") or write["Key"]
            for table_name, write in _writes(operation, request)
            if table_name in {self._table_name, arn}
        ]
        if not written:
            return
        table = _tables()[self._table_name]
        with self._file.transaction() as database:
            for attributes in written:
                key = _primary_key(table, attributes)
                item = table.get_item(*(DynamoType(value) for value in key))
                if item is None:
                    database.execute("DELETE FROM item WHERE key = ?", (_text(key),))
                else:
                    database.execute(
                        "INSERT INTO item VALUES (?, ?) ON CONFLICT (key)"
                        " DO UPDATE SET attributes = excluded.attributes",
                        (_text(key), _text(_attributes(item))),
                    )

    def _save_all(self) -> None:
        table = _tables().get(self._table_name)
        found = [_attributes(item) for item in table.all_items()] if table else []
        with self._file.transaction() as database:
            database.execute("DELETE FROM item")
            database.executemany(
                "INSERT INTO item VALUES (?, ?)",
                ((_text(_primary_key(table, each)), _text(each)) for each in found),
            )


def _writes(operation: str, request: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The request's writes, each with the name or ARN of its table."""
    match operation:
        case "BatchWriteItem":
            for table_name, requests in request["RequestItems"].items():
                for one in requests:
                    for write in one.values():
                        yield table_name, write
        case "TransactWriteItems":
            for action in request["TransactItems"]:
                for write in action.values():
                    yield write["TableName"], write
        case _:
            yield request["TableName"], request


def _primary_key(table: Any, attributes: Attributes) -> list[Any]:
    return [attributes[name] for name in table.table_key_attrs]


def _attributes(item: Any) -> Any:
    return item.to_json()["Attributes"]


def _text(value: Any) -> str:
    return dynamo_json_dump(value)


def _tables() -> Any:
    return dynamodb_backends[ACCOUNT_ID][REGION].tables

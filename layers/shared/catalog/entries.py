"""Reading and writing document entries: every write is one conditional update."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError
from msgspec.structs import replace

from catalog.entry import (
    ALWAYS_STORED,
    ATTRIBUTES,
    DocumentEntry,
    DocumentState,
    from_item,
    to_attributes,
)
from catalog.errors import (
    CONDITION_FAILED,
    CatalogConflictError,
    DocumentWantedError,
    dynamodb_errors,
    error_code,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

BY_STATE = "by-state"
"""The table's secondary index: a document index's entries by their state, keys only."""

MAX_BATCH_KEYS = 100
"""Of one BatchGetItem."""

Item = dict[str, "AttributeValueTypeDef"]


class Entries:
    """The entries of one table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get(self, index: str, key: str) -> DocumentEntry | None:
        """Return the document's entry as it is now; None for a document that nobody knows."""
        with dynamodb_errors(f"the entry of {key}"):
            answer = self._client.get_item(
                TableName=self._table, Key=_primary_key(index, key), ConsistentRead=True
            )
        return from_item(answer["Item"]) if "Item" in answer else None

    def get_many(self, index: str, keys: Sequence[str]) -> dict[str, DocumentEntry]:
        """Return the entries as they are now of those keys that somebody knows."""
        found: dict[str, DocumentEntry] = {}
        for start in range(0, len(keys), MAX_BATCH_KEYS):
            part = [_primary_key(index, key) for key in keys[start : start + MAX_BATCH_KEYS]]
            found |= {entry.key: entry for entry in self._batch(part, consistent=True)}
        return found

    def of_index(self, index: str, *, prefix: str = "", after: str = "") -> Iterator[DocumentEntry]:
        """Yield an index's entries whose key begins with `prefix`, in the order of S3's listings.

        Starts behind the key `after`. Entries are read a page (1 MB) at a time.
        """
        if after > prefix and not after.startswith(prefix):
            return iter(())
        request: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": index}},
        }
        if prefix:
            request["KeyConditionExpression"] += " AND begins_with(sk, :prefix)"
            request["ExpressionAttributeValues"][":prefix"] = {"S": prefix}
        if after.startswith(prefix) and after:
            request["ExclusiveStartKey"] = _primary_key(index, after)
        return map(from_item, self._query(index, **request))

    def still_in_state(
        self, index: str, keys: Iterable[str], state: DocumentState
    ) -> Iterator[DocumentEntry]:
        """Yield those of up to 100 documents that are in that state, in no order."""
        entries = self._batch([_primary_key(index, key) for key in keys], consistent=False)
        return (entry for entry in entries if entry.state is state)

    def write(
        self,
        entry: DocumentEntry,
        changes: Mapping[str, Any],
        *,
        unless_wanted: bool = False,
    ) -> DocumentEntry:
        """Return the entry with its changes, stored under its next revision.

        Raises CatalogConflictError when the entry is not any more as it was read, and with
        `unless_wanted` DocumentWantedError when `wanted` has been raised since.
        """
        changed = replace(entry, **{**changes, "revision": entry.revision + 1})
        names = [name for name in ATTRIBUTES if getattr(entry, name) != getattr(changed, name)]
        if not entry.revision:
            names = [*names, *ALWAYS_STORED]
        request = _condition(entry, unless_wanted=unless_wanted)
        sets, removes = [], []
        for name, value in to_attributes(changed, dict.fromkeys(names)).items():
            request["ExpressionAttributeNames"][f"#{name}"] = name
            if value is None:
                removes.append(f"#{name}")
            else:
                sets.append(f"#{name} = :new_{name}")
                request["ExpressionAttributeValues"][f":new_{name}"] = value
        update = f"SET {', '.join(sets)}" + (f" REMOVE {', '.join(removes)}" if removes else "")
        with dynamodb_errors(f"the entry of {entry.key}"):
            try:
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=_primary_key(entry.index, entry.key),
                    UpdateExpression=update,
                    ReturnValues="ALL_NEW",
                    **request,
                )
            except ClientError as error:
                found = _found(error)
                if not found or (found.holder, found.revision) != (
                    changed.holder,
                    changed.revision,
                ):
                    _refuse(entry, found)
                    raise
                # The first of two attempts was carried out, and its answer lost.
                return found
        return from_item(answer["Attributes"])

    def raise_wanted(self, entry: DocumentEntry, *, now: float) -> bool:
        """Return whether the worker that holds the document will look again; False if nobody does."""
        try:
            with dynamodb_errors(f"the entry of {entry.key}"):
                self._client.update_item(
                    TableName=self._table,
                    Key=_primary_key(entry.index, entry.key),
                    UpdateExpression="ADD wanted :one",
                    ConditionExpression="lease_until > :now",
                    ExpressionAttributeValues={":one": {"N": "1"}, ":now": {"N": str(int(now))}},
                )
        except CatalogConflictError:
            return False
        return True

    def remove(self, entry: DocumentEntry) -> None:
        """Return with the entry gone; raises like `write` with `unless_wanted`."""
        with dynamodb_errors(f"the entry of {entry.key}"):
            try:
                self._client.delete_item(
                    TableName=self._table,
                    Key=_primary_key(entry.index, entry.key),
                    **_condition(entry, unless_wanted=True),
                )
            except ClientError as error:
                found = _found(error)
                if found or error_code(error) != CONDITION_FAILED:
                    _refuse(entry, found)
                    raise

    def _query(self, index: str, **request: Any) -> Iterator[Item]:
        while True:
            with dynamodb_errors(f"the entries of {index}"):
                answer = self._client.query(TableName=self._table, **request)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _batch(self, keys: list[Item], *, consistent: bool) -> Iterator[DocumentEntry]:
        while keys:
            with dynamodb_errors(f"{len(keys)} entries"):
                answer = self._client.batch_get_item(
                    RequestItems={self._table: {"Keys": keys, "ConsistentRead": consistent}}
                )
            yield from map(from_item, answer["Responses"][self._table])
            unprocessed: Any = answer.get("UnprocessedKeys", {})
            keys = unprocessed.get(self._table, {}).get("Keys", [])


def _primary_key(index: str, key: str) -> Item:
    return {"pk": {"S": index}, "sk": {"S": key}}


def _condition(entry: DocumentEntry, *, unless_wanted: bool) -> dict[str, Any]:
    request: dict[str, Any] = {
        "ConditionExpression": "attribute_not_exists(pk)",
        "ExpressionAttributeNames": {},
        "ExpressionAttributeValues": {},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if entry.revision:
        request["ConditionExpression"] = "#revision = :revision"
        request["ExpressionAttributeNames"]["#revision"] = "revision"
        request["ExpressionAttributeValues"][":revision"] = {"N": str(entry.revision)}
    if unless_wanted:
        request["ConditionExpression"] += " AND #wanted = :wanted"
        request["ExpressionAttributeNames"]["#wanted"] = "wanted"
        request["ExpressionAttributeValues"][":wanted"] = {"N": str(entry.wanted)}
    return request


def _found(error: ClientError) -> DocumentEntry | None:
    """The entry that failed a condition."""
    item = cast("dict[str, Any]", error.response).get("Item")
    return from_item(item) if item else None


def _refuse(entry: DocumentEntry, found: DocumentEntry | None) -> None:
    if found and found.revision == entry.revision:
        raise DocumentWantedError(f"{entry.key} is to be looked at again", found.wanted)

"""An index's documents in pages, as somebody looks through them: read by queries, never by a scan."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from catalog.entries import BY_STATE, MAX_BATCH_KEYS, Entries
from catalog.entry import DocumentEntry, DocumentState, from_item
from catalog.errors import dynamodb_errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_PAGE_ENTRIES = MAX_BATCH_KEYS
MAX_QUERIES = 5
"""For one page, where a filter leaves entries out: then it is short, or empty, and not the last."""

_FEW = frozenset({DocumentState.FAILED, DocumentState.INDEXING})
"""What is read from the index by states: nearly every document is in the others."""

Position = Mapping[str, str]
"""Behind which entry a page begins: the values of its key attributes."""


class EntryPage(Struct, frozen=True):
    """Entries, and where the next page begins; None behind the last."""

    entries: tuple[DocumentEntry, ...]
    following: Position | None


class EntryPages:
    """The documents that are there, or should be: an entry that only waits to be forgotten is none."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._entries = Entries(client, table)

    def get(self, index: str, key: str) -> DocumentEntry | None:
        """Return a document's entry as it is now; None for a document that is not there."""
        entry = self._entries.get(index, key)
        return entry if entry and entry.state is not DocumentState.REMOVED else None

    def page(
        self,
        index: str,
        *,
        state: DocumentState | None = None,
        prefix: str = "",
        after: Position | None = None,
        limit: int = MAX_PAGE_ENTRIES,
    ) -> EntryPage:
        """Return up to `limit` (1 to 100) of an index's documents, in that state, below that prefix.

        They come in the order of their keys; those FAILED or INDEXING in no order, and one that has
        just left the state may be missing.
        """
        by_state = state if state in _FEW else None
        if by_state:
            request = _in_state(index, by_state, prefix)
        else:
            request = _of_index(index, state, prefix)
        items: list[dict[str, Any]] = []
        for _ in range(MAX_QUERIES):
            if after:
                request["ExclusiveStartKey"] = _start(index, after)
            with dynamodb_errors(f"the entries of {index}"):
                answer = self._client.query(
                    TableName=self._table, Limit=limit - len(items), **request
                )
            items += answer["Items"]
            last = answer.get("LastEvaluatedKey", {})
            after = {name: value["S"] for name, value in last.items() if name != "pk"} or None
            if after is None or len(items) >= limit:
                break
        if by_state:
            keys = [item["sk"]["S"] for item in items]
            return EntryPage(tuple(self._entries.still_in_state(index, keys, by_state)), after)
        return EntryPage(tuple(map(from_item, items)), after)


def _of_index(index: str, state: DocumentState | None, prefix: str) -> dict[str, Any]:
    request: dict[str, Any] = {
        "KeyConditionExpression": "pk = :pk",
        "FilterExpression": "#state = :state" if state else "#state <> :state",
        "ExpressionAttributeNames": {"#state": "state"},
        "ExpressionAttributeValues": {
            ":pk": {"S": index},
            ":state": {"S": (state or DocumentState.REMOVED).value},
        },
    }
    if prefix:
        request["KeyConditionExpression"] += " AND begins_with(sk, :prefix)"
        request["ExpressionAttributeValues"][":prefix"] = {"S": prefix}
    return request


def _in_state(index: str, state: DocumentState, prefix: str) -> dict[str, Any]:
    request: dict[str, Any] = {
        "IndexName": BY_STATE,
        "KeyConditionExpression": "pk = :pk AND #state = :state",
        "ExpressionAttributeNames": {"#state": "state"},
        "ExpressionAttributeValues": {":pk": {"S": index}, ":state": {"S": state.value}},
    }
    if prefix:
        request["FilterExpression"] = "begins_with(sk, :prefix)"
        request["ExpressionAttributeValues"][":prefix"] = {"S": prefix}
    return request


def _start(index: str, after: Position) -> dict[str, Any]:
    return {"pk": {"S": index}} | {name: {"S": value} for name, value in after.items()}

"""The document catalog: one DynamoDB table that knows what every index should hold.

Reads and writes of a document with up to 21,875 chunks (one page of keys): one read to compare, which
is all for one that did not change. To index it the first time: three writes of its entry (claim,
intent, commit) and one of its keys. To replace it: one read and up to one write of keys more, and
two deletions of former lists.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from botocore.config import Config
from botocore.session import Session

from catalog.claim import Claim
from catalog.entry import DocumentEntry, DocumentState, KeyList, from_item, to_item
from catalog.errors import CatalogConflictError, ModelMismatchError, dynamodb_errors
from catalog.key_pages import KeyPages

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REGISTRY_PARTITION = "indexes"
"""Of the items that say which model an index is of; no index has this name."""

CLIENT_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=2, read_timeout=5
)


def dynamodb_client(session: Session | None = None) -> "DynamoDBClient":
    """Return a client of DynamoDB with retries and time-outs set: 5 attempts, 5 s for an answer."""
    client = (session or Session()).create_client("dynamodb", config=CLIENT_CONFIG)
    return cast("DynamoDBClient", client)


class Catalog:
    """Every document's entry, and the vector keys that its index may hold of it.

    Every write is conditional on the revision that the given entry was read at, and raises
    CatalogConflictError when somebody else wrote since.
    """

    def __init__(
        self, client: "DynamoDBClient", table: str, *, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._table = table
        self._pages = KeyPages(client, table)
        self._clock = clock

    def get(self, index: str, key: str) -> DocumentEntry | None:
        """Return the document's entry as it is now; None for a document that nobody knows."""
        with dynamodb_errors(f"the entry of {key}"):
            answer = self._client.get_item(
                TableName=self._table,
                Key={"pk": {"S": index}, "sk": {"S": key}},
                ConsistentRead=True,
            )
        return from_item(answer["Item"]) if "Item" in answer else None

    def new(self, index: str, key: str) -> DocumentEntry:
        """Return the entry that a document has before its first write; nothing is stored."""
        return DocumentEntry(index, key, DocumentState.INDEXING, revision=0)

    def indexed_keys(self, entry: DocumentEntry) -> list[str]:
        """Return the vector keys of the last version that was indexed, in its order."""
        return self._pages.read(entry.index, entry.key, entry.indexed)

    def intended_keys(self, entry: DocumentEntry) -> list[str]:
        """Return the vector keys that the index may hold besides."""
        return self._pages.read(entry.index, entry.key, entry.intended)

    def store_keys(self, entry: DocumentEntry, vector_keys: Sequence[str]) -> KeyList:
        """Return where the keys are stored; the entry itself is not written."""
        return self._pages.write(entry.index, entry.key, vector_keys)

    def claim(self, entry: DocumentEntry, *, lease_until: float) -> Claim:
        """Return the hold on a document that nobody else has before `lease_until`."""
        held = replace(entry, state=DocumentState.INDEXING, lease_until=int(lease_until))
        return Claim(self, self.write(held))

    def write(self, entry: DocumentEntry) -> DocumentEntry:
        """Return the entry as it is stored now, under its next revision."""
        revised = replace(
            entry,
            revision=entry.revision + 1,
            updated_at=self._clock().isoformat(timespec="milliseconds"),
        )
        with dynamodb_errors(f"the entry of {entry.key}"):
            self._client.put_item(
                TableName=self._table, Item=to_item(revised), **_unchanged_since(entry)
            )
        return revised

    def forget_keys(self, entry: DocumentEntry, lists: set[KeyList]) -> None:
        """Delete lists of vector keys that the entry does not refer to any more."""
        for keys in lists:
            self._pages.delete(entry.index, entry.key, keys)

    def remove(self, entry: DocumentEntry) -> None:
        """Return with the document forgotten."""
        with dynamodb_errors(f"the entry of {entry.key}"):
            self._client.delete_item(
                TableName=self._table,
                Key={"pk": {"S": entry.index}, "sk": {"S": entry.key}},
                **_unchanged_since(entry),
            )
        self._pages.delete_all(entry.index, entry.key)

    def register_index(self, index: str, model: str) -> None:
        """Return with the index registered for this embedding model.

        Raises ModelMismatchError, naming both, when it is registered for another.
        """
        item = {"pk": {"S": REGISTRY_PARTITION}, "sk": {"S": index}, "model": {"S": model}}
        try:
            with dynamodb_errors(f"the registration of {index}"):
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(pk) OR model = :model",
                    ExpressionAttributeValues={":model": {"S": model}},
                )
        except CatalogConflictError as error:
            raise ModelMismatchError(
                f"index {index} holds embeddings of {self._registered_model(index)}, which those of "
                f"{model} cannot be compared with: set that model, or another index prefix"
            ) from error

    def _registered_model(self, index: str) -> str:
        with dynamodb_errors(f"the registration of {index}"):
            answer = self._client.get_item(
                TableName=self._table,
                Key={"pk": {"S": REGISTRY_PARTITION}, "sk": {"S": index}},
                ConsistentRead=True,
            )
        return answer["Item"]["model"]["S"]


def _unchanged_since(entry: DocumentEntry) -> dict[str, Any]:
    if entry.revision == 0:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "ConditionExpression": "revision = :revision",
        "ExpressionAttributeValues": {":revision": {"N": str(entry.revision)}},
    }

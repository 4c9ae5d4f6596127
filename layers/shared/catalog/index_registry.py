"""The catalog's list of vector indexes, and what each was made for."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from catalog.errors import CatalogConflictError, ModelMismatchError, dynamodb_errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PARTITION = "indexes"
"""Of the registry's items; no index has this name, as an index's has a `/`."""


class RegisteredIndex(Struct, frozen=True):
    """A vector index that documents were indexed into, or are to be."""

    index: str
    """`<vector bucket>/<index name>`."""
    model: str
    """The URI of the embedding model whose embeddings it holds; empty until there are any to come."""
    dimensions: int
    recipe: str
    """The digest of the settings that its documents were last indexed by."""
    exists: bool = False
    """Whether the service's index was seen, and fits."""
    created_at: str = ""


class IndexRegistry:
    """One item an index: listed before any entry of its documents, for a model before it is created.

    It is never changed to another model.
    """

    def __init__(
        self, client: "DynamoDBClient", table: str, *, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def __iter__(self) -> Iterator[RegisteredIndex]:
        """Yield every index, in the order of their names."""
        page: dict[str, Any] = {}
        while True:
            with dynamodb_errors("the list of indexes"):
                answer = self._client.query(
                    TableName=self._table,
                    KeyConditionExpression="pk = :pk",
                    ExpressionAttributeValues={":pk": {"S": PARTITION}},
                    ConsistentRead=True,
                    **page,
                )
            yield from map(_from_item, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            page = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def announce(self, index: str) -> RegisteredIndex:
        """Return what is registered of the index, which is listed from now on, for any model yet."""
        registered = self._get(index)
        if registered is None:
            registered = RegisteredIndex(index, "", 0, "")
            try:
                self._put(registered, instead_of=None)
            except CatalogConflictError:
                return self.announce(index)
        return registered

    def register(
        self,
        index: str,
        *,
        model: str,
        dimensions: int,
        recipe: str,
        known: RegisteredIndex | None = None,
    ) -> RegisteredIndex:
        """Return the index's registration, made now if there was none for a model.

        It is read, unless it is `known`.
        Raises ModelMismatchError, naming both models, when it is registered for another.
        """
        found = registered = known or self._get(index)
        if registered is None or not registered.model:
            registered = RegisteredIndex(
                index,
                model,
                dimensions,
                recipe,
                created_at=self._clock().isoformat(timespec="milliseconds"),
            )
            try:
                self._put(registered, instead_of=found)
            except CatalogConflictError:
                return self.register(index, model=model, dimensions=dimensions, recipe=recipe)
        if registered.model != model:
            raise ModelMismatchError(
                f"index {index} holds embeddings of {registered.model}, which those of {model} "
                "cannot be compared with: set that model, or another index prefix"
            )
        return registered

    def note(self, index: str, *, model: str, recipe: str, exists: bool) -> None:
        """Return with the registration saying so, unless it has come to be another model's."""
        with dynamodb_errors(f"the registration of {index}"):
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": PARTITION}, "sk": {"S": index}},
                UpdateExpression="SET #recipe = :recipe, #exists = :exists",
                ConditionExpression="#model = :model",
                ExpressionAttributeNames={
                    "#recipe": "recipe",
                    "#exists": "exists",
                    "#model": "model",
                },
                ExpressionAttributeValues={
                    ":recipe": {"S": recipe},
                    ":exists": {"BOOL": exists},
                    ":model": {"S": model},
                },
            )

    def forget(self, index: str) -> None:
        """Return with the registration gone: an operator's, when the index is gone for good."""
        with dynamodb_errors(f"the registration of {index}"):
            self._client.delete_item(
                TableName=self._table, Key={"pk": {"S": PARTITION}, "sk": {"S": index}}
            )

    def _put(self, registered: RegisteredIndex, *, instead_of: RegisteredIndex | None) -> None:
        """Store it in the place of nothing, or of what is for no model; else CatalogConflictError."""
        condition: Any = {"ConditionExpression": "attribute_not_exists(pk)"}
        if instead_of:
            condition = {
                "ConditionExpression": "#model = :none",
                "ExpressionAttributeNames": {"#model": "model"},
                "ExpressionAttributeValues": {":none": {"S": ""}},
            }
        with dynamodb_errors(f"the registration of {registered.index}"):
            self._client.put_item(TableName=self._table, Item=_to_item(registered), **condition)

    def _get(self, index: str) -> RegisteredIndex | None:
        with dynamodb_errors(f"the registration of {index}"):
            answer = self._client.get_item(
                TableName=self._table,
                Key={"pk": {"S": PARTITION}, "sk": {"S": index}},
                ConsistentRead=True,
            )
        return _from_item(answer["Item"]) if "Item" in answer else None


def _to_item(registered: RegisteredIndex) -> Any:
    return {
        "pk": {"S": PARTITION},
        "sk": {"S": registered.index},
        "model": {"S": registered.model},
        "dimensions": {"N": str(registered.dimensions)},
        "recipe": {"S": registered.recipe},
        "exists": {"BOOL": registered.exists},
        "created_at": {"S": registered.created_at},
    }


def _from_item(item: Any) -> RegisteredIndex:
    return RegisteredIndex(
        index=item["sk"]["S"],
        model=item["model"]["S"],
        dimensions=int(item["dimensions"]["N"]),
        recipe=item["recipe"]["S"],
        exists=item["exists"]["BOOL"],
        created_at=item["created_at"]["S"],
    )

"""Everything that the table holds of documents, whoever still refers to it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from catalog.entry import ATTRIBUTES, DocumentEntry, from_item
from catalog.errors import dynamodb_errors
from catalog.index_registry import PARTITION as REGISTRY
from catalog.key_pages import PARTITION_PREFIX

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# All but the vector keys themselves, which are most of the table.
_NAMES = {f"#{name}": name for name in ("pk", "sk", "index", "key", *ATTRIBUTES)}


class KeyPage(Struct, frozen=True):
    """A page of a list of vector keys, as it lies in the table."""

    index: str
    key: str
    """The document's."""
    generation: str
    """The list's."""


def table_scan(
    client: "DynamoDBClient", table: str, *, consistent: bool
) -> Iterator[DocumentEntry | KeyPage]:
    """Yield every entry and every page of vector keys, in no order, as of some moment of the scan.

    A page of an earlier layout, which does not say whose it is, is passed over: it goes when its
    document is indexed anew, as the layout's version asks for.
    """
    request: dict[str, Any] = {
        "ProjectionExpression": ", ".join(_NAMES),
        "ExpressionAttributeNames": _NAMES,
    }
    if consistent:
        request["ConsistentRead"] = True
    while True:
        with dynamodb_errors(f"the items of {table}"):
            answer = client.scan(TableName=table, **request)
        for item in answer["Items"]:
            partition, sort_key = item["pk"]["S"], item["sk"]["S"]
            if partition.startswith(PARTITION_PREFIX):
                if "index" in item:
                    generation = sort_key.partition("#")[0]
                    yield KeyPage(item["index"]["S"], item["key"]["S"], generation)
            elif partition != REGISTRY:
                yield from_item(item)
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

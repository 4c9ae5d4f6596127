"""The vector keys of a document, in pages: a document may have more than one item can hold."""

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from catalog.entry import KeyList
from catalog.errors import CatalogConflictError, dynamodb_errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

VectorKeys = dict[str, str]
"""Vector keys (32 hexadecimal digits), each with the digest of the metadata (16) that it was put with."""

UNKNOWN_DIGEST = "0" * 16
"""Of a vector whose metadata nobody vouches for."""

PARTITION_PREFIX = "keys#"
"""No index's name begins so."""

KEY_BYTES = 16
ENTRY_BYTES = KEY_BYTES + 8
MAX_PAGE_BYTES = 350_000
"""An item of DynamoDB takes 400 KB, attribute names and the primary key included."""

KEYS_PER_PAGE = MAX_PAGE_BYTES // ENTRY_BYTES


class KeyPages:
    """Lists of vector keys, each under a document and a generation."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def write(self, index: str, key: str, vector_keys: Mapping[str, str]) -> KeyList:
        """Return where the keys are stored now: a list of their own."""
        # Random, not counted: two workers must never write pages of one generation.
        generation = uuid.uuid4().hex
        packed = (bytes.fromhex(vector_key + digest) for vector_key, digest in vector_keys.items())
        page = 0
        while content := b"".join(islice(packed, KEYS_PER_PAGE)):
            with dynamodb_errors(f"the vector keys of {key}"):
                self._client.put_item(
                    TableName=self._table,
                    Item={
                        "pk": {"S": _partition(index, key)},
                        "sk": {"S": _sort_key(generation, page)},
                        "keys": {"B": content},
                        # Whose they are, for a sweep: the partition is a digest of it.
                        "index": {"S": index},
                        "key": {"S": key},
                    },
                )
            page += 1
        return KeyList(generation, page) if page else KeyList()

    def read(self, index: str, key: str, keys: KeyList) -> VectorKeys:
        """Return the keys of a list, in the order in which they were written.

        Raises CatalogConflictError for a list that another worker has replaced and deleted.
        """
        vector_keys: VectorKeys = {}
        for page in range(keys.pages):
            with dynamodb_errors(f"the vector keys of {key}"):
                answer = self._client.get_item(
                    TableName=self._table,
                    Key={
                        "pk": {"S": _partition(index, key)},
                        "sk": {"S": _sort_key(keys.generation, page)},
                    },
                    ConsistentRead=True,
                )
            if "Item" not in answer:
                raise CatalogConflictError(f"the vector keys of {key} were replaced")
            packed = bytes(answer["Item"]["keys"]["B"])
            for at in range(0, len(packed), ENTRY_BYTES):
                end = at + KEY_BYTES
                vector_keys[packed[at:end].hex()] = packed[end : at + ENTRY_BYTES].hex()
        return vector_keys

    def delete(self, index: str, key: str, keys: KeyList) -> None:
        """Return with the pages of one list gone."""
        for page in range(keys.pages):
            self._delete(index, key, _sort_key(keys.generation, page))

    def delete_others(self, index: str, key: str, in_force: set[KeyList]) -> None:
        """Return with no page of the document left but of these lists, whoever wrote it."""
        kept = {keys.generation for keys in in_force}
        for sort_key in list(self._sort_keys(index, key)):
            if sort_key.partition("#")[0] not in kept:
                self._delete(index, key, sort_key)

    def _delete(self, index: str, key: str, sort_key: str) -> None:
        with dynamodb_errors(f"the vector keys of {key}"):
            self._client.delete_item(
                TableName=self._table,
                Key={"pk": {"S": _partition(index, key)}, "sk": {"S": sort_key}},
            )

    def _sort_keys(self, index: str, key: str) -> Iterator[str]:
        page: dict[str, Any] = {}
        while True:
            with dynamodb_errors(f"the vector keys of {key}"):
                answer = self._client.query(
                    TableName=self._table,
                    KeyConditionExpression="pk = :pk",
                    ExpressionAttributeValues={":pk": {"S": _partition(index, key)}},
                    ProjectionExpression="sk",
                    ConsistentRead=True,
                    **page,
                )
            yield from (item["sk"]["S"] for item in answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            page = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _partition(index: str, key: str) -> str:
    """A digest, because a sort key has no room for a bucket key of 1,024 bytes and a page number."""
    return PARTITION_PREFIX + hashlib.sha256(f"{index}\n{key}".encode()).hexdigest()


def _sort_key(generation: str, page: int) -> str:
    return f"{generation}#{page:06d}"

"""One DynamoDB table with keys `pk` and `sk`, in memory: what the catalog asks of one, and no more.

`test_fakes.py` holds it against moto. What it does not know it refuses.
"""

import re
from functools import cache

from tests.fakes.refusals import refusal

_COMPARISONS = {
    "=": lambda left, right: left == right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
_KNOWN_OF_QUERY = {
    "ConsistentRead",
    "ExpressionAttributeValues",
    "ProjectionExpression",
    "TableName",
}
_FUNCTION = re.compile(
    r"(attribute_exists|attribute_not_exists|begins_with)\(([^),]+)(?:, *([^)]+))?\)"
)
_COMPARISON = re.compile(r"([#\w]+) (=|<=?|>=?) (:\w+)")
_CLAUSE = re.compile(r"\b(SET|REMOVE|ADD) ")


class Table:
    """The client of a table that every request is about; it has no indexes.

    Values are never changed, only replaced: items share them.
    """

    def __init__(self):
        self.items = {}

    def get_item(self, *, Key, **_):  # noqa: N803 - botocore's
        item = self.items.get(_key(Key))
        return {"Item": dict(item)} if item else {}

    def batch_get_item(self, *, RequestItems):  # noqa: N803
        [(table, request)] = RequestItems.items()
        found = [self.items[_key(key)] for key in request["Keys"] if _key(key) in self.items]
        return {"Responses": {table: [dict(item) for item in found]}, "UnprocessedKeys": {}}

    def put_item(self, *, Item, **request):  # noqa: N803
        self._check(_key(Item), "PutItem", request)
        self.items[_key(Item)] = dict(Item)
        return {}

    def delete_item(self, *, Key, **request):  # noqa: N803
        self._check(_key(Key), "DeleteItem", request)
        self.items.pop(_key(Key), None)
        return {}

    def update_item(self, *, Key, UpdateExpression, **request):  # noqa: N803
        self._check(_key(Key), "UpdateItem", request)
        item = self.items.setdefault(_key(Key), dict(Key))
        names = request.get("ExpressionAttributeNames", {})
        values = request.get("ExpressionAttributeValues", {})
        for kind, changes in _clauses(UpdateExpression):
            for change in changes:
                name = names.get(change[0], change[0])
                if kind == "REMOVE":
                    item.pop(name, None)
                elif kind == "ADD":
                    item[name] = _sum(item.get(name, {"N": "0"}), values[change[1]])
                else:
                    item[name] = values[change[1]]
        return {"Attributes": dict(item)}

    def query(self, *, KeyConditionExpression, **request):  # noqa: N803
        if unknown := request.keys() - _KNOWN_OF_QUERY:
            raise NotImplementedError(unknown)
        found = [
            dict(item)
            for item in self.items.values()
            if _holds(KeyConditionExpression, item, request)
        ]
        found.sort(key=lambda item: _plain(item["sk"]))
        return {"Items": found}

    def scan(self, **_):
        return {"Items": [dict(item) for item in self.items.values()]}

    def _check(self, key, operation, request):
        item = self.items.get(key)
        condition = request.get("ConditionExpression")
        if condition and not _holds(condition, item or {}, request):
            found = {}
            if item and request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
                found = {"Item": dict(item)}
            raise refusal("ConditionalCheckFailedException", operation, **found)


def _key(item):
    return item["pk"]["S"], item["sk"]["S"]


def _plain(value):
    [(kind, plain)] = value.items()
    return int(plain) if kind == "N" else plain.encode() if kind == "S" else plain


def _sum(left, right):
    return {"N": str(int(left["N"]) + int(right["N"]))}


def _holds(condition, item, request):
    names = request.get("ExpressionAttributeNames", {})
    values = request.get("ExpressionAttributeValues", {})
    return all(
        _term(operator, item.get(names.get(name, name)), values.get(value))
        for operator, name, value in _terms(condition)
    )


def _term(operator, stored, value):
    if operator == "attribute_not_exists":
        return stored is None
    if stored is None:
        return False
    if operator == "attribute_exists":
        return True
    if operator == "begins_with":
        return _plain(stored).startswith(_plain(value))
    return _COMPARISONS[operator](_plain(stored), _plain(value))


@cache
def _terms(condition):
    terms = []
    for text in condition.split(" AND "):
        if function := _FUNCTION.fullmatch(text):
            terms.append(function.groups())
        elif comparison := _COMPARISON.fullmatch(text):
            name, operator, value = comparison.groups()
            terms.append((operator, name, value))
        else:
            raise NotImplementedError(text)
    return terms


@cache
def _clauses(update):
    _, *parts = _CLAUSE.split(update)
    return [
        (kind, [re.split(r" = | ", change.strip()) for change in changes.split(",")])
        for kind, changes in zip(parts[::2], parts[1::2], strict=True)
    ]

"""QueryVectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.s3vectors.bucket_operations import INDEX_MODE
from local.s3vectors.errors import InvalidField, ValidationError
from local.s3vectors.filters import Predicate, parse_filter
from local.s3vectors.index import Match, Position
from local.s3vectors.metadata import copy_of
from local.s3vectors.vector_operations import VectorError, check_values

if TYPE_CHECKING:
    from collections.abc import Collection

    from local.s3vectors.account import Account
    from local.s3vectors.index import IndexSettings

MAX_TOP_K = 10_000
PAGE_SIZE = 100


def query_vectors(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """A page of the ``topK`` nearest vectors: exact, by distance and then in the order of storage.

    A later page goes on after the last match of the page before, whatever was written between.
    """
    index = account.index(*account.place.addressed_index(request))
    _check_request(request, index.settings)
    matches = _predicate(request, index.settings.non_filterable_keys)

    same = {name: value for name, value in request.items() if name != "nextToken"}
    scope = ["QueryVectors", index.settings.arn, same]
    returned, after = 0, None
    if "nextToken" in request:
        returned, *position = account.tokens.position(scope, request["nextToken"])
        after = Position(*position)

    size = min(PAGE_SIZE, request["topK"] - returned)
    # One more than fits tells whether another page follows.
    wanted = min(PAGE_SIZE + 1, request["topK"] - returned)
    found = index.search(request["queryVector"]["float32"], wanted, matches, after)
    answer: dict[str, Any] = {
        "vectors": [_result(match, request) for match in found[:size]],
        "distanceMetric": index.settings.distance_metric,
    }
    if len(found) > size:
        position = [returned + size, *found[size - 1].position]
        answer["nextToken"] = account.tokens.issue(scope, position)
    return answer


def _check_request(request: dict[str, Any], index: IndexSettings) -> None:
    if request["topK"] > MAX_TOP_K:
        raise ValidationError.of_field("topK", f"topK must be between 1 and {MAX_TOP_K}, inclusive")
    if request.get("queryMode", INDEX_MODE) != INDEX_MODE:
        raise ValidationError.of_field("queryMode", f"The index is in {INDEX_MODE} mode")
    if "queryTexts" in request:
        message = "Full-text search is not available"
        raise ValidationError.of_field("queryTexts", message)
    if "queryVector" not in request:
        raise ValidationError("A request must include queryVector, queryTexts, or both")
    try:
        check_values(request["queryVector"]["float32"], index)
    except VectorError as error:
        message = "Query vector contains invalid values or is invalid for this index"
        raise ValidationError(
            message, [InvalidField("vector", f"Invalid input: {error}")]
        ) from error


def _predicate(request: dict[str, Any], non_filterable_keys: Collection[str]) -> Predicate | None:
    if "filter" not in request:
        return None
    parsed = parse_filter(request["filter"])
    if not parsed.keys.isdisjoint(non_filterable_keys):
        message = "Invalid use of non-filterable metadata in filter"
        raise ValidationError.of_field("filter", message)
    return parsed.matches


def _result(match: Match, request: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {"key": match.key}
    if request.get("returnDistance"):
        result["distance"] = match.position.distance
    if request.get("returnMetadata"):
        result["metadata"] = copy_of(match.metadata)
    return result

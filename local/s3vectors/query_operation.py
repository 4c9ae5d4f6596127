"""QueryVectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.s3vectors.distances import QueryVector
from local.s3vectors.errors import InvalidField, ValidationError
from local.s3vectors.filters import Filter, parse_filter
from local.s3vectors.index_settings import ACTIVE
from local.s3vectors.metadata import copy_of
from local.s3vectors.modes import ENHANCED, query_mode
from local.s3vectors.nearest import Position
from local.s3vectors.search import Match, Search
from local.s3vectors.vector_operations import VectorError, check_values

if TYPE_CHECKING:
    from local.s3vectors.account import Account
    from local.s3vectors.index_settings import IndexSettings

MAX_TOP_K = 10_000
PAGE_SIZE = 100


def query_vectors(account: Account, request: dict[str, Any]) -> dict[str, Any]:
    """A page of the ``topK`` first results of a vector, text or hybrid search.

    A later page goes on after the last result of the page before, whatever was written between.
    """
    index = account.index(*account.place.addressed_index(request))
    search = _search(request, index.settings)

    same = {name: value for name, value in request.items() if name != "nextToken"}
    scope = ["QueryVectors", index.settings.arn, same]
    returned, after = 0, None
    if "nextToken" in request:
        returned, *position = account.tokens.position(scope, request["nextToken"])
        after = Position(*position)

    size = min(PAGE_SIZE, search.top_k - returned)
    # One more than fits tells whether another page follows.
    wanted = min(PAGE_SIZE + 1, search.top_k - returned)
    found = index.search(search, wanted, after)
    answer: dict[str, Any] = {
        "vectors": [_result(match, request) for match in found[:size]],
        "distanceMetric": index.settings.distance_metric,
    }
    if len(found) > size:
        position = [returned + size, *found[size - 1].position]
        answer["nextToken"] = account.tokens.issue(scope, position)
    return answer


def _search(request: dict[str, Any], index: IndexSettings) -> Search:
    if request["topK"] > MAX_TOP_K:
        raise ValidationError.of_field("topK", f"topK must be between 1 and {MAX_TOP_K}, inclusive")
    if "queryVector" not in request and "queryTexts" not in request:
        raise ValidationError("A request must include queryVector, queryTexts, or both")
    mode = query_mode(request.get("queryMode"), index.mode)
    return Search(
        top_k=request["topK"],
        vector=_vector(request, index),
        texts=_texts(request, index),
        filter=_filter(request, index, enhanced=mode == ENHANCED),
        filter_first=mode == ENHANCED,
    )


def _vector(request: dict[str, Any], index: IndexSettings) -> QueryVector | None:
    if "queryVector" not in request:
        return None
    values = request["queryVector"]["float32"]
    try:
        check_values(values, index)
    except VectorError as error:
        message = "Query vector contains invalid values or is invalid for this index"
        field = InvalidField("vector", f"Invalid input: {error}")
        raise ValidationError(message, [field]) from error
    return QueryVector(index.distance_metric, values)


def _texts(request: dict[str, Any], index: IndexSettings) -> dict[str, str]:
    """The query texts by key; ValidationError for a key that is repeated or not (yet) searchable."""
    given = request.get("queryTexts", [])
    if given and index.mode != ENHANCED:
        message = "Full-text search requires an index in ENHANCED mode"
        raise ValidationError.of_field("queryTexts", message)
    status = {text.metadata_key: text.status for text in index.text_search}
    texts: dict[str, str] = {}
    for position, entry in enumerate(given):
        key, path = entry["metadataKey"], f"queryTexts[{position}].metadataKey"
        if key in texts:
            raise ValidationError.of_field(path, f"Metadata key {key} is queried more than once")
        if key not in status:
            raise ValidationError.of_field(path, f"Metadata key {key} is not full-text searchable")
        if status[key] != ACTIVE:
            message = f"The text index of metadata key {key} is still building"
            raise ValidationError.of_field(path, message)
        texts[key] = entry["text"]
    return texts


def _filter(request: dict[str, Any], index: IndexSettings, *, enhanced: bool) -> Filter | None:
    if "filter" not in request:
        return None
    parsed = parse_filter(request["filter"], enhanced=enhanced)
    if not parsed.keys.isdisjoint(index.non_filterable_keys):
        message = "Invalid use of non-filterable metadata in filter"
        raise ValidationError.of_field("filter", message)
    return parsed


def _result(match: Match, request: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {"key": match.key}
    if request.get("returnDistance") and match.distance is not None:
        result["distance"] = match.distance
    if request.get("returnScores") and "queryTexts" in request:
        result["scores"] = _scores(match)
    if request.get("returnMetadata"):
        result["metadata"] = copy_of(match.metadata)
    return result


def _scores(match: Match) -> dict[str, Any]:
    scores: dict[str, Any] = {
        "bm25Scores": [{"metadataKey": k, "score": score} for k, score in match.bm25.items()]
    }
    if match.fused is not None:
        scores["fused"] = match.fused
        if match.distance is not None:
            scores["vectorDistance"] = match.distance
    return scores

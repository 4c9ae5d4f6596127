"""Search modes: which one a query gets, and what its matches' scores are."""

from querying.errors import SearchModeError
from querying.query_schema import Mode, Notice
from vector_store import Match, TextSearch

_WHY: dict[TextSearch, Notice] = {
    TextSearch.ABSENT: {
        "code": "text_search_missing",
        "detail": "this index has no full-text search: it was searched by meaning alone",
    },
    TextSearch.BUILDING: {
        "code": "text_search_building",
        "detail": "full-text search of this index is being built: it was searched by meaning alone",
    },
}


def mode_for(
    asked: Mode | None, text_search: TextSearch, *, falls_back: bool = True
) -> tuple[Mode, list[Notice]]:
    """Return how to search, and what to tell who asked, where that is not as they asked.

    An index without full-text search is searched by meaning. Raises SearchModeError where that may
    not be: a score threshold means something else there.
    """
    if text_search is TextSearch.ACTIVE or asked == "vector":
        return asked or "hybrid", []
    if not falls_back:
        raise SearchModeError(
            f"min_score: it is for mode {asked}, which this index cannot search in; "
            "ask in mode vector, whose scores are from -1 to 1"
        )
    return "vector", [_WHY[text_search]]


def score_of(match: Match, mode: Mode) -> float:
    """Return the number that a mode orders its matches by, the highest first."""
    if mode == "hybrid":
        return match.fused or 0.0
    if mode == "text":
        return match.bm25 or 0.0
    return 0.0 if match.distance is None else 1 - match.distance

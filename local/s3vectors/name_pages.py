"""Pages of named things, as ListVectorBuckets and ListIndexes give them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.s3vectors.paging import PageTokens

PAGE_SIZE = 500


def name_page(
    tokens: PageTokens,
    scope: list[Any],
    request: dict[str, Any],
    summaries: Mapping[str, Mapping[str, Any]],
) -> tuple[list[Mapping[str, Any]], dict[str, str]]:
    """The next page of summaries (given by name, in order), and ``nextToken`` if more follow."""
    prefix = request.get("prefix", "")
    scope = [*scope, prefix]
    after = ""
    if "nextToken" in request:
        (after,) = tokens.position(scope, request["nextToken"])
    names = [name for name in summaries if name > after and name.startswith(prefix)]
    size = request.get("maxResults", PAGE_SIZE)
    page = [summaries[name] for name in names[:size]]
    more = {"nextToken": tokens.issue(scope, [names[size - 1]])} if len(names) > size else {}
    return page, more

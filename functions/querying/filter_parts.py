"""Filters of more constraints than one query takes, as several filters whose union they are.

A conjunction with a disjunction in it is a union of conjunctions: so an `$in`, or an `$or`, that
stands alone or under `$and` can be asked piece by piece. Nothing else can: what a `$nin` refuses
must be refused by one query.
"""

from collections.abc import Sequence

from querying.errors import FilterError
from querying.filters import Filter
from querying.query_schema import Mode
from vector_store.vector_index import MAX_PAGE_MATCHES

MAX_CONSTRAINTS = 100
"""Values that one filter may have evaluated; an `$in` of n counts n (a limit of S3 Vectors)."""

MAX_PARTS = 10
"""Queries that one question may cost."""


def filter_parts(filter: Filter, *, room: int = MAX_CONSTRAINTS) -> list[Filter]:
    """Return filters of at most `room` constraints that together select what the filter selects.

    Raises FilterError where there are no such filters, or more than 10.
    """
    parts = _parts(filter, room)
    if not parts or len(parts) > MAX_PARTS:
        raise FilterError(
            f"filter: it compares {_constraints(filter):,} values (each value of an $in or $nin "
            f"counts, and 1 for $ne and $nin, which ask for absence too); one query takes {room}, "
            f"and only an $in or $or at the top or under $and can be asked in several, up to {MAX_PARTS}"
        )
    return parts


def require_mergeable(parts: Sequence[Filter], *, mode: Mode, top_k: int) -> None:
    """Raise FilterError where what several queries find cannot be put in one order.

    Distances are of the vectors alone, and BM25 is of the whole index, whatever the filter. The
    places that hybrid searches go by are not.
    """
    if len(parts) < 2:
        return
    several = f"filter: it is asked in {len(parts)} queries of up to {MAX_CONSTRAINTS} comparisons"
    if mode == "hybrid":
        raise FilterError(
            f"{several}, and hybrid ranks cannot be merged; ask in mode vector or text"
        )
    if top_k > MAX_PAGE_MATCHES:
        raise FilterError(f"{several}, which have one page: top_k may be {MAX_PAGE_MATCHES}")


def _parts(filter: Filter, room: int) -> list[Filter]:
    """Filters within the room whose union the filter is; none where there are no such."""
    if _constraints(filter) <= room:
        return [filter]
    ((name, value),) = filter.items()
    if name == "$or":
        split = [_parts(branch, room) for branch in value]
        return _packed([part for parts in split for part in parts], room) if all(split) else []
    if name == "$and":
        return _parts_of_all(value, room)
    if value.keys() == {"$in"} and room > 0:
        values = value["$in"]
        return [
            {name: {"$in": values[start : start + room]}} for start in range(0, len(values), room)
        ]
    if len(value) > 1:
        return _parts_of_all([{name: {operator: o}} for operator, o in value.items()], room)
    return []


def _parts_of_all(conjuncts: list[Filter], room: int) -> list[Filter]:
    """The parts of the largest conjunct, each together with the others."""
    largest = max(range(len(conjuncts)), key=lambda position: _constraints(conjuncts[position]))
    others = conjuncts[:largest] + conjuncts[largest + 1 :]
    parts = _parts(conjuncts[largest], room - sum(map(_constraints, others)))
    return [{"$and": [*others, part]} if others else part for part in parts]


def _packed(branches: list[Filter], room: int) -> list[Filter]:
    """The branches again, as many as fit together in one filter."""
    groups: list[list[Filter]] = [[]]
    taken = 0
    for branch in branches:
        size = _constraints(branch)
        if groups[-1] and taken + size > room:
            groups.append([])
            taken = 0
        groups[-1].append(branch)
        taken += size
    return [{"$or": group} if len(group) > 1 else group[0] for group in groups]


def _constraints(filter: Filter) -> int:
    ((name, value),) = filter.items()
    if name in {"$and", "$or"}:
        return sum(map(_constraints, value))
    return sum(len(o) if isinstance(o, list) else 1 for o in value.values())

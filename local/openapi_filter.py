"""The filter language as JSON Schema: what `querying.filters` takes, but for the number of values."""

from typing import Any

from querying.filters import MAX_DEPTH

_SCALAR = {"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]}
_BOUND = {
    "anyOf": [
        {"type": "number"},
        {"type": "string", "format": "date"},
        {"type": "string", "format": "date-time"},
    ]
}
_SCALARS = {"type": "array", "minItems": 1, "items": _SCALAR}
_FILTERS = {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Filter"}}

CONDITION: dict[str, Any] = {
    "type": "object",
    "title": "Condition",
    "description": "What is true of an attribute: all of it.",
    "minProperties": 1,
    "additionalProperties": False,
    "properties": {
        "$eq": _SCALAR,
        "$ne": _SCALAR,
        "$gt": _BOUND,
        "$gte": _BOUND,
        "$lt": _BOUND,
        "$lte": _BOUND,
        "$in": _SCALARS,
        "$nin": _SCALARS,
        "$exists": {"type": "boolean"},
        "$startsWith": {"type": "string"},
    },
}

FILTER: dict[str, Any] = {
    "type": "object",
    "title": "Filter",
    "description": (
        "Attributes by their names, each with a value or a condition; several are an and. "
        f"At most {MAX_DEPTH} deep, and of 100 values but for some forms."
    ),
    "minProperties": 1,
    "propertyNames": {"pattern": r"^(\$and$|\$or$|[^$]|$)"},
    "properties": {"$and": _FILTERS, "$or": _FILTERS},
    "additionalProperties": {
        "anyOf": [*_SCALAR["anyOf"], {"$ref": "#/components/schemas/Condition"}]
    },
    "examples": [{"team": "sales", "year": {"$gte": 2024}}],
}

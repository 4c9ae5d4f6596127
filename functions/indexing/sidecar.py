"""Sidecars: the objects beside documents that hold their attributes, in both forms that Bedrock reads."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from msgspec import Struct

from indexing.errors import InvalidMetadataError
from vector_store.vector import is_number

_FORM = (
    '{"metadataAttributes": {"<name>": <value>}}, a value being "<text>", 1, true, ["<text>", ...], '
    '[1, ...] or {"value": {"type": "STRING", "stringValue": "<text>"}}'
)


class Sidecar(Struct, frozen=True):
    """The object beside a document that holds its attributes."""

    key: str
    body: bytes

    def attributes(self) -> dict[str, Any]:
        """Return the attributes by name, typed ones as their values; InvalidMetadataError for another form.

        Values that stand there plainly are not looked at.
        """
        try:
            content = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise InvalidMetadataError(f"{self.key} is not JSON: {error}") from error
        given = content.get("metadataAttributes") if isinstance(content, dict) else None
        if not isinstance(given, dict):
            raise InvalidMetadataError(f"{self.key} has no metadataAttributes: expected {_FORM}")
        return {name: self._value(name, value) for name, value in given.items()}

    def _value(self, name: str, attribute: object) -> object:
        """A typed attribute's value. Of `includeForEmbedding` nothing is made: sidecars are not embedded."""
        if not isinstance(attribute, dict):
            return attribute
        match attribute.get("value"):
            case {"type": str(kind), **fields} if kind in _TYPES:
                field, is_valid = _TYPES[kind]
                if is_valid(fields.get(field)):
                    return fields[field]
                expected = f"{field}, as its type is {kind}"
            case _:
                expected = f'{{"value": {{"type": ...}}}} with a type of {", ".join(_TYPES)}'
        raise InvalidMetadataError(
            f"{self.key}: attribute {name!r:.100} is {attribute!r:.100}; expected {expected}"
        )


def _is_string_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(element, str) for element in value)


_TYPES: Mapping[str, tuple[str, Callable[[object], bool]]] = {
    "STRING": ("stringValue", lambda value: isinstance(value, str)),
    "NUMBER": ("numberValue", is_number),
    "BOOLEAN": ("booleanValue", lambda value: isinstance(value, bool)),
    "STRING_LIST": ("stringListValue", _is_string_list),
}
"""Bedrock's types, the field that holds a value of each, and what it has to be."""

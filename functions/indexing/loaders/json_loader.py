"""JSON and JSON lines: `path: value` lines, and a paragraph for each object of an array."""

import json
import re
from collections.abc import Iterator

from indexing.errors import DocumentTooLargeError, UnreadableDocumentError
from indexing.extracted_text import ExtractedText
from indexing.loaders.block_text import PARAGRAPH, BlockText
from indexing.loaders.decoding import decode

MAX_DEPTH = 100
"""Objects and arrays within each other. The parser has a limit of its own, beyond this one."""

_SPACE = re.compile(r"[ \t\n]*")


def load(body: bytes, *, key: str, charset: str | None) -> ExtractedText:
    """Return the values, each with the path to it; nulls and empty values are left out.

    Reads any number of values, so that JSON lines need no loader of their own. The title is that of
    an object that is alone at the top.
    """
    text = decode(body, key=key, charset=charset)
    paths = _Paths(key)
    titles = []
    for value in _values(text, key):
        paths.text.separate(PARAGRAPH)
        paths.add("", value)
        titles.append(value.get("title") if isinstance(value, dict) else None)
    title = titles[0] if len(titles) == 1 else None
    return paths.text.document(title if isinstance(title, str) else None)


def _values(text: str, key: str) -> Iterator[object]:
    # Numbers as they are written: an identifier of 20 digits is no float.
    decoder = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
    at = _after_space(text, 0)
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise UnreadableDocumentError(
                f"{key} is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}"
            ) from error
        except RecursionError as error:
            raise _too_deep(key) from error
        yield value
        at = _after_space(text, at)


def _after_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


class _Paths:
    """Values written down as lines, with the path to each."""

    def __init__(self, key: str) -> None:
        self.text = BlockText(key)
        self._key = key

    def add(self, path: str, value: object, depth: int = 0) -> None:
        if depth > MAX_DEPTH:
            raise _too_deep(self._key)
        if isinstance(value, dict):
            for name, member in value.items():
                self.add(f"{path}.{name}" if path else name, member, depth + 1)
        elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
            for item in value:
                self.text.separate(PARAGRAPH)
                self.add(path, item, depth + 1)
            self.text.separate(PARAGRAPH)
        elif isinstance(value, list):
            self._add_line(path, ", ".join(filter(None, map(_scalar, value))))
        else:
            self._add_line(path, _scalar(value))

    def _add_line(self, path: str, value: str) -> None:
        if value:
            self.text.add(f"{path}: {value}" if path else value)


def _scalar(value: object) -> str:
    """Return what is written for a value; numbers are strings by now."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.strip() if isinstance(value, str) else ""


def _too_deep(key: str) -> DocumentTooLargeError:
    return DocumentTooLargeError(
        f"{key} has objects or arrays nested more than {MAX_DEPTH} deep: flatten it"
    )

"""Comma-separated values: each record a paragraph of `column: value` lines."""

import csv
import io
import re
import sys
from collections.abc import Iterator
from itertools import islice

from indexing.errors import UnreadableDocumentError
from indexing.extracted_text import ExtractedText
from indexing.loaders.block_text import PARAGRAPH, BlockText
from indexing.loaders.decoding import decode

DELIMITERS = ",;\t|"
NO_DELIMITER = "\x1f"
"""Of a file with one column: it has no other use in a text."""

SAMPLE_CHARACTERS = 50_000
SAMPLE_ROWS = 50
"""What the delimiter is told from."""

_DECLARED_DELIMITER = re.compile(r"sep=(.)\n", re.IGNORECASE)  # what Excel writes and obeys


def load(body: bytes, *, key: str, charset: str | None) -> ExtractedText:
    """Return the records under the column names of the first row; empty values are left out."""
    text = decode(body, key=key, charset=charset)
    # The limit is the process's, and only ever set to this: a field is no longer than its document.
    csv.field_size_limit(sys.maxsize)
    records = BlockText(key)
    try:
        rows = _rows(text)
        columns = next(rows, [])
        for row in rows:
            records.separate(PARAGRAPH)
            records.add("\n".join(_lines(columns, row)))
    except (csv.Error, ValueError) as error:
        raise UnreadableDocumentError(f"{key} is not valid CSV: {error}") from error
    if not records.length:
        records.add(", ".join(columns))
    return records.document(None)


def _lines(columns: list[str], row: list[str]) -> Iterator[str]:
    # The row's own cells alone: a hostile file has many columns and many short rows.
    for number, value in enumerate(row):
        if value:
            column = columns[number] if number < len(columns) else ""
            yield f"{column or f'column {number + 1}'}: {value}"


def _rows(text: str) -> Iterator[list[str]]:
    """Yield the rows that hold anything, white space stripped off the values."""
    declared = _DECLARED_DELIMITER.match(text)
    start, delimiter = (declared.end(), declared[1]) if declared else (0, _delimiter(text))
    for row in csv.reader(io.StringIO(text[start:], newline=""), delimiter=delimiter):
        values = [value.strip() for value in row]
        if any(values):
            yield values


def _delimiter(text: str) -> str:
    """Return the delimiter that gives most rows the first row's number of columns."""
    sample = text[:SAMPLE_CHARACTERS]

    def score(delimiter: str) -> tuple[int, int]:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        widths = [len(row) for row in islice(reader, SAMPLE_ROWS) if row]
        if len(widths) > 1 and len(sample) < len(text):
            widths.pop()  # perhaps cut off
        columns = widths[0] if widths else 1
        return (widths.count(columns), columns) if columns > 1 else (0, 1)

    best = max(DELIMITERS, key=score)
    return best if score(best)[0] else NO_DELIMITER

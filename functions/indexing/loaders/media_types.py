"""What type of document an object is, by its content type and the extension of its key."""

import posixpath
import re

from indexing.errors import UnsupportedTypeError

TEXT = "text/plain"
MARKDOWN = "text/markdown"
HTML = "text/html"
PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
CSV = "text/csv"
JSON = "application/json"
JSON_LINES = "application/x-ndjson"

_EXTENSIONS = {
    ".txt": TEXT,
    ".text": TEXT,
    ".log": TEXT,
    ".rst": TEXT,
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".pdf": PDF,
    ".docx": DOCX,
    ".csv": CSV,
    ".tsv": CSV,
    ".json": JSON,
    ".jsonl": JSON_LINES,
    ".ndjson": JSON_LINES,
}

_CONTENT_TYPES = {
    **{content_type: content_type for content_type in _EXTENSIONS.values()},
    "text/x-markdown": MARKDOWN,
    "application/xhtml+xml": HTML,
    "application/x-pdf": PDF,
    "application/csv": CSV,
    "text/tab-separated-values": CSV,
    "text/json": JSON,
    "application/ndjson": JSON_LINES,
    "application/jsonl": JSON_LINES,
    "application/jsonlines": JSON_LINES,
    "application/x-jsonlines": JSON_LINES,
}

# What clients send that do not know better; the extension tells more.
_UNSPECIFIC = {
    "",
    "binary/octet-stream",  # S3's own default
    "application/octet-stream",
    "application/x-www-form-urlencoded",  # curl's default for a body
    "application/vnd.ms-excel",  # .csv, on a Windows machine with Excel
    "application/zip",  # .docx, to those who look only at the first bytes
    "application/x-zip-compressed",
}

_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s;"']+)""", re.IGNORECASE)


def media_type(key: str, content_type: str | None) -> str:
    """Return the canonical content type of a document, e.g. `application/pdf`.

    A specific content type wins over the key's extension; an unspecific one, or none, leaves it to
    the extension, and `text/plain` gives way to the extension of a richer format. Raises
    UnsupportedTypeError for what no loader reads.
    """
    stated = (content_type or "").split(";")[0].strip().lower()
    by_extension = _EXTENSIONS.get(posixpath.splitext(key)[1].lower())
    if stated in _UNSPECIFIC:
        found = by_extension
    elif stated == TEXT:
        found = by_extension or TEXT
    elif stated.endswith("+json"):
        found = JSON
    else:
        # Many a type of text is guessed from an extension that is known here too.
        fallback = by_extension if stated.startswith("text/") else None
        found = _CONTENT_TYPES.get(stated, fallback)
    if found is None:
        has = f"the content type {content_type!r}" if content_type else "no content type"
        raise UnsupportedTypeError(
            f"{key} has {has}, by which it cannot be indexed: supported are "
            f"{', '.join(_EXTENSIONS)}, or their content types"
        )
    return found


def stated_charset(content_type: str | None) -> str | None:
    """Return the charset parameter of a content type, if it has one."""
    match = _CHARSET.search(content_type or "")
    return match[1] if match else None

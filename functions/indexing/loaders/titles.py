"""Titles and headings as one short line of text."""

import re

MAX_TITLE_CHARACTERS = 200
"""A longer title is cut; a longer heading is a paragraph that was only made to look like one."""

# What programs fill in when nobody gave the document a title.
_NO_TITLE = re.compile(
    r"""[\W\d_]* | \(?anonymous\)? | title | (untitled|document|slide|presentation)[ ]?\d*
    | (powerpoint|word)[ ](presentation|document) | microsoft[ ]\w+[ ]-[ ].*
    | .*\.(docx?|dotx?|odt|rtf|txt|tex|dvi|ps|pdf|indd|qxd|pptx?|xlsx?|html?|fm|book)""",
    re.IGNORECASE | re.VERBOSE,
)


def clean_title(text: str | None) -> str | None:
    """Return `text` on one line, cut to MAX_TITLE_CHARACTERS; None if nothing is left of it."""
    line = " ".join((text or "")[: 10 * MAX_TITLE_CHARACTERS].split())
    if len(line) > MAX_TITLE_CHARACTERS:
        line = line[: MAX_TITLE_CHARACTERS - 1].rstrip() + "…"
    return line or None


def metadata_title(text: str | None) -> str | None:
    """Return the title that a file's metadata holds; None for what no person would call it."""
    title = clean_title(text)
    return None if title is None or _NO_TITLE.fullmatch(title) else title

"""Markdown: the text as it is, with its title, headings and code blocks found."""

import re

from indexing.extracted_text import ExtractedText
from indexing.loaders.decoding import decode
from indexing.loaders.markdown_structure import MarkdownStructure
from indexing.loaders.titles import clean_title

_FRONT_MATTER = re.compile(
    r"(---|\+\+\+)[ \t]*\n(?=\w[\w-]*[ \t]*[:=]|#)(.*?)^\1[ \t]*$\n?", re.DOTALL | re.MULTILINE
)
# Not a block scalar (`title: >`), which goes on in the lines below.
_TITLE = re.compile(r"^title[ \t]*[:=](?![ \t]*[|>])(.+)$", re.MULTILINE)


def load(body: bytes, *, key: str, charset: str | None) -> ExtractedText:
    """Return the text as it is; its title is the front matter's, else the first top heading."""
    text = decode(body, key=key, charset=charset, is_whole_text=True)
    front_matter = _FRONT_MATTER.match(text)
    start = front_matter.end() if front_matter else 0
    structure = MarkdownStructure(text, start=start, key=key)
    stated = _TITLE.search(front_matter[2]) if front_matter else None
    title = clean_title(stated[1].strip().strip("\"'")) if stated else None
    return ExtractedText(
        text,
        title=title or next((h.text for h in structure.headings if h.level == 1), None),
        markup="markdown",
        headings=tuple(structure.headings),
        code_blocks=tuple(structure.code_blocks),
    )

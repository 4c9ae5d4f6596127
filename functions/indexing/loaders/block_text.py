"""A document's text put together block by block."""

from indexing.errors import DocumentTooLargeError
from indexing.extracted_text import ExtractedText, Heading
from indexing.loaders.titles import MAX_TITLE_CHARACTERS, clean_title

MAX_TEXT_CHARACTERS = 20_000_000
"""About 25,000 chunks: more than any one book, and what one document may cost to embed."""

MAX_HEADINGS = 100_000
"""Ten times those of the longest manuals; each is a section to be cut by itself."""

LINE = "\n"
PARAGRAPH = "\n\n"


class BlockText:
    """Text, headings and code blocks as they are added; DocumentTooLargeError over the limit."""

    def __init__(self, key: str) -> None:
        self.length = 0
        self._key = key
        self._parts: list[str] = []
        self._separator = LINE
        self._headings: list[Heading] = []
        self._code_blocks: list[tuple[int, int]] = []

    def separate(self, separator: str) -> None:
        """Put at least `separator`, LINE or PARAGRAPH, between the last block and the next."""
        self._separator = max(self._separator, separator, key=len)

    def add(self, text: str) -> None:
        """Add a block; what is blank adds nothing."""
        if not text or text.isspace():
            return
        for part in (self._separator, text) if self._parts else (text,):
            self.length += len(part)
            check_length(self.length, self._key)
            self._parts.append(part)
        self._separator = LINE

    def add_heading(self, level: int, text: str) -> None:
        """Add a heading as a paragraph of its own; one too long for a heading is only that."""
        text = " ".join(text.split())
        self.separate(PARAGRAPH)
        self.add(text)
        self.separate(PARAGRAPH)
        if 0 < len(text) <= MAX_TITLE_CHARACTERS:
            self._headings.append(Heading(self.length - len(text), self.length, level, text))
            check_headings(len(self._headings), self._key)

    def add_code(self, text: str) -> None:
        """Add a preformatted block."""
        before = self.length
        self.add(text)
        if self.length > before:
            self._code_blocks.append((self.length - len(text), self.length))

    def document(self, title: str | None) -> ExtractedText:
        """Return the document; without a title, it has that of its first top heading."""
        top = next((heading.text for heading in self._headings if heading.level == 1), None)
        return ExtractedText(
            "".join(self._parts),
            title=clean_title(title) or top,
            headings=tuple(self._headings),
            code_blocks=tuple(self._code_blocks),
        )


def check_length(characters: int, key: str) -> None:
    """Raise DocumentTooLargeError for more characters than a document's text may have."""
    if characters > MAX_TEXT_CHARACTERS:
        raise DocumentTooLargeError(
            f"{key} has more than {MAX_TEXT_CHARACTERS:,} characters of text: split it into several "
            "documents"
        )


def check_headings(count: int, key: str) -> None:
    """Raise DocumentTooLargeError for more headings than a document may have."""
    if count > MAX_HEADINGS:
        raise DocumentTooLargeError(
            f"{key} has more than {MAX_HEADINGS:,} headings: split it into several documents"
        )

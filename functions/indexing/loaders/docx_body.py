"""The text of a Word document, taken down as the parser comes across it.

Nothing is kept of the XML, so that memory goes with the text alone.
"""

from msgspec import Struct, field

from indexing.loaders.block_text import PARAGRAPH, BlockText
from indexing.loaders.docx_parts import BODY_LEVEL, Styles, XmlTarget

CELL_SEPARATOR = " | "
MAX_INDENT = 6

_TEXT_OF = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
# Former versions, what is there twice for older programs, and tabs that are no text.
_SKIPPED = {"del", "moveFrom", "pPrChange", "Fallback", "tabs"}


class _Paragraph(Struct):
    parts: list[str] = field(default_factory=list)
    style_id: str = ""
    level: int | None = None
    is_list: bool | None = None
    indent: int = 0


class Body(XmlTarget):
    """`document.xml` and the notes: blocks of text, added to `text` as they end."""

    def __init__(self, key: str, text: BlockText, styles: Styles) -> None:
        super().__init__(key)
        self.title: str | None = None
        """The first paragraph in the style Title."""
        self._text = text
        self._styles = styles
        # Each in the one before it: a text box has paragraphs inside a paragraph, a cell a table.
        self._paragraphs: list[_Paragraph] = []
        self._rows: list[list[str]] = []
        self._cells: list[list[str]] = []
        self._in_text = False
        self._in_list = False
        self._skipped = 0

    def on_start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin a paragraph, row or cell, or take a property of the paragraph."""
        if self._skipped or name in _SKIPPED:
            self._skipped += 1
        elif name == "p":
            self._paragraphs.append(_Paragraph())
        elif name == "tbl" and not self._cells:
            self._text.separate(PARAGRAPH)
        elif name == "tr":
            self._rows.append([])
        elif name == "tc":
            self._cells.append([])
        elif name == "t":
            self._in_text = True
        elif self._paragraphs:
            self._take_property(self._paragraphs[-1], name, attributes.get("val", ""))

    def data(self, text: str) -> None:
        """Take some text of the paragraph."""
        if self._in_text and self._paragraphs:
            self._paragraphs[-1].parts.append(text)

    def on_end(self, name: str) -> None:
        """Add what ends to what it is in."""
        if self._skipped:
            self._skipped -= 1
        elif name == "t":
            self._in_text = False
        elif name == "p" and self._paragraphs:
            self._end_paragraph(self._paragraphs.pop())
        elif name == "tc" and self._cells:
            cell = " ".join(filter(None, self._cells.pop()))
            if self._rows:
                self._rows[-1].append(cell)
        elif name == "tr" and self._rows:
            self._end_row(self._rows.pop())
        elif name == "tbl" and not self._cells:
            self._text.separate(PARAGRAPH)

    @staticmethod
    def _take_property(paragraph: _Paragraph, name: str, value: str) -> None:
        if name in _TEXT_OF:
            paragraph.parts.append(_TEXT_OF[name])
        elif name == "pStyle":
            paragraph.style_id = value
        elif name == "outlineLvl":
            paragraph.level = int(value) if value.isdigit() else None
        elif name == "numId":
            paragraph.is_list = value != "0"
        elif name == "ilvl":
            paragraph.indent = min(int(value), MAX_INDENT) if value.isdigit() else 0

    def _end_row(self, cells: list[str]) -> None:
        row = CELL_SEPARATOR.join(cells).rstrip(CELL_SEPARATOR)
        if self._cells:
            self._cells[-1].append(row)
        else:
            self._text.add(row)
            self._in_list = False

    def _end_paragraph(self, paragraph: _Paragraph) -> None:
        text = "".join(paragraph.parts).strip()
        if self._cells:
            self._cells[-1].append(" ".join(text.split()))
            return
        style = self._styles.style(paragraph.style_id)
        if not text or style.name.startswith("toc "):
            # A table of contents says everything twice.
            return
        level = style.level if paragraph.level is None else paragraph.level
        is_list = bool(style.is_list if paragraph.is_list is None else paragraph.is_list)
        if style.name == "title" and self.title is None:
            self.title = text
            level = 0  # the heading over all others, whatever its style says
        if level is not None and level < BODY_LEVEL:
            self._text.add_heading(min(level + 1, 6), text)
            is_list = False
        elif is_list:
            if not self._in_list:
                self._text.separate(PARAGRAPH)
            self._text.add("  " * paragraph.indent + "- " + text)
        else:
            self._text.separate(PARAGRAPH)
            self._text.add(text)
            self._text.separate(PARAGRAPH)
        self._in_list = is_list

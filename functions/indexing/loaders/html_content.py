"""The text of an HTML element, block by block, as a reader of the page sees it."""

from selectolax.lexbor import LexborNode

from indexing.loaders.block_text import LINE, PARAGRAPH, BlockText

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = {"menu", "ol", "ul"}
# fmt: off
_BLOCKS = {
    *_HEADINGS, *_LISTS,
    "address", "article", "blockquote", "body", "caption", "center", "dd", "details", "dialog",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "form", "header", "hgroup", "hr",
    "legend", "li", "main", "p", "pre", "section", "summary", "table", "td", "th", "tr",
}
_DROPPED_TAGS = {
    "annotation", "aside", "audio", "button", "canvas", "footer", "head", "iframe", "input", "nav",
    "noscript", "object", "script", "select", "style", "svg", "template", "textarea", "video",
}
# fmt: on
_DROPPED = (
    "[hidden], [aria-hidden=true], [style*='display:none'], [style*='display: none'], "
    "[role=navigation], [role=banner], [role=contentinfo], [role=complementary], [role=search], "
    "a.headerlink, td.linenos, td.gutter"
)
# The header of the page is on every page; that of a part of its content is not.
_OWN_HEADERS = "article header, section header, main header"
# Tables that only place things on the page: what is in their cells is no data of a row.
_LAYOUTS = "table:has(table, h1, h2, h3, h4, pre), table[role=presentation]"

# Blocks that are lines rather than paragraphs.
_LINE_BEFORE = frozenset({"dd", "li", "tr"})
_LINE_AFTER = _LINE_BEFORE | {"dt"}

CELL_SEPARATOR = " | "
MAX_INDENTED_LISTS = 6
_CELL_END = "\0"  # never in the page itself: decoding refuses it
_SOFT_HYPHEN = "\u00ad"


class HtmlContent:
    """What an element says: `text` gets its headings, paragraphs, lists, table rows and code."""

    def __init__(self, root: LexborNode, key: str) -> None:
        self.text = BlockText(key)
        self._dropped = _ids(root, _DROPPED) | _ids(root, "header") - _ids(root, _OWN_HEADERS)
        self._layouts = _ids(root, _LAYOUTS)
        # The block that is being read: its text, its bullet, and whether it opens a list item or
        # definition, and so stays on the line where that begins.
        self._inline: list[str] = []
        self._bullet = ""
        self._opening = False
        # Around it: the next number of each list, whether each table is a layout, how many data
        # cells and preformatted blocks.
        self._numbers: list[int | None] = []
        self._tables: list[bool] = []
        self._cells = 0
        self._preformatted = 0
        self._walk(root)
        self._end_block()

    def _walk(self, root: LexborNode) -> None:
        """Enter and leave all nodes below `root`, however deep they are."""
        path, node = [root], root.first_child
        while True:
            if node is None:
                parent = path.pop()
                if not path:
                    return
                if parent.tag in _BLOCKS:
                    self._leave_block(parent.tag)
                node = parent.next
            elif self._enter(node):
                path.append(node)
                node = node.first_child
            else:
                node = node.next

    def _enter(self, node: LexborNode) -> bool:
        """Take in the node, and return whether its children are to be looked at."""
        tag = node.tag
        if tag == "-text":
            self._inline.append(node.text_content or "")
            return False
        if not node.is_element_node or tag in _DROPPED_TAGS or node.mem_id in self._dropped:
            return False
        if tag == "br":
            self._break_line()
        elif tag in _BLOCKS:
            self._enter_block(tag, is_layout=node.mem_id in self._layouts)
        return True

    def _enter_block(self, tag: str, *, is_layout: bool) -> None:
        if self._is_data_cell(tag):
            self._cells += 1
            return
        if not self._is_flat:
            self._end_block()
            self._separate(_LINE_BEFORE, tag)
            if tag in {"dd", "li"}:
                self._bullet = self._next_bullet() if tag == "li" else ""
                self._opening = True
        if tag in _LISTS:
            self._numbers.append(1 if tag == "ol" else None)
        elif tag == "table":
            self._tables.append(is_layout)
        elif tag == "pre":
            self._preformatted += 1

    def _leave_block(self, tag: str) -> None:
        if self._is_data_cell(tag):
            self._cells -= 1
            self._inline.append(_CELL_END)
            return
        if tag in _LISTS:
            self._numbers.pop()
        elif tag == "table":
            self._tables.pop()
        elif tag == "pre":
            self._preformatted -= 1
        if self._is_flat:
            # In code, a block is a line; in a cell, it only parts words.
            self._inline.append("\n")
            return
        self._end_block(tag)
        if tag in {"dd", "li"}:
            self._bullet, self._opening = "", False
        self._separate(_LINE_AFTER, tag)

    def _end_block(self, tag: str = "p") -> None:
        """Hand over what was read since the last block ended, as a block of that kind."""
        raw = "".join(self._inline).replace(_SOFT_HYPHEN, "")
        self._inline.clear()
        if not raw or raw.isspace():
            return
        if tag == "pre":
            self.text.add_code(raw.strip("\n").rstrip())
        elif tag in _HEADINGS:
            self.text.add_heading(_HEADINGS[tag], raw)
        else:
            cells = [" ".join(cell.split()) for cell in raw.split(_CELL_END)]
            self.text.add(self._bullet + CELL_SEPARATOR.join(cells).rstrip(CELL_SEPARATOR))
        self._bullet, self._opening = "", False

    def _separate(self, line_tags: frozenset[str], tag: str) -> None:
        nested = tag in _LISTS and self._numbers
        if not self._opening:
            self.text.separate(LINE if nested or tag in line_tags else PARAGRAPH)

    def _break_line(self) -> None:
        if self._is_flat:
            self._inline.append("\n")
            return
        has_text = any(not text.isspace() for text in self._inline)
        self._end_block()
        # Two in a row are used for a new paragraph.
        self.text.separate(LINE if has_text else PARAGRAPH)

    def _next_bullet(self) -> str:
        number = self._numbers[-1] if self._numbers else None
        if number is not None:
            self._numbers[-1] = number + 1
        indent = "  " * min(len(self._numbers) - 1, MAX_INDENTED_LISTS)
        return f"{indent}- " if number is None else f"{indent}{number}. "

    @property
    def _is_flat(self) -> bool:
        """Whether blocks are only parts of the block that is being read."""
        return self._cells > 0 or self._preformatted > 0

    def _is_data_cell(self, tag: str) -> bool:
        return tag in {"td", "th"} and bool(self._tables) and not self._tables[-1]


def _ids(root: LexborNode, selector: str) -> set[int]:
    """Return the matching nodes' identities: comparing nodes would compare their markup."""
    return {node.mem_id for node in root.css(selector)}

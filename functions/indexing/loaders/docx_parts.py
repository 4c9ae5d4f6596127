"""What the smaller XML parts of a Word document say, taken down as the parser comes across it.

Names are compared without their namespaces, of which Word has two sets (transitional and strict).
"""

import re

from msgspec import Struct

from indexing.errors import DocumentTooLargeError, UnreadableDocumentError

BODY_LEVEL = 9
"""The outline level of what is no heading; 0 is the highest."""

MAX_DEPTH = 256
"""Elements within each other: a table's row takes three, and what is in a cell is put together anew
at every table around it."""

_HEADING_NAME = re.compile(r"heading ([1-9])")


class XmlTarget:
    """What a parser reports to.

    Raises UnreadableDocumentError for a part that declares a DTD, and DocumentTooLargeError for one
    whose elements are nested too deep.
    """

    def __init__(self, key: str) -> None:
        self._key = key
        self._depth = 0

    def doctype(self, name: str, _public_id: str | None, _system: str | None) -> None:
        """Refuse the declaration: entities are declared in one."""
        raise UnreadableDocumentError(
            f"{self._key} declares the document type {name!r}, which no Word document does"
        )

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take an element's beginning."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise DocumentTooLargeError(
                f"{self._key} has elements nested more than {MAX_DEPTH} deep, such as tables within "
                "tables: flatten it"
            )
        self.on_start(local(tag), {local(name): value for name, value in attributes.items()})

    def end(self, tag: str) -> None:
        """Take an element's end."""
        self._depth -= 1
        self.on_end(local(tag))

    def on_start(self, name: str, attributes: dict[str, str]) -> None:
        """Take an element's beginning, all names without namespace."""

    def on_end(self, name: str) -> None:
        """Take an element's end, its name without namespace."""

    def data(self, text: str) -> None:
        """Take some of an element's text."""


def local(name: str) -> str:
    """Return a qualified name without its namespace."""
    return name.rpartition("}")[2]


class Relationships(XmlTarget):
    """`_rels/.rels`: which part is the document."""

    main_part: str | None = None

    def on_start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the relationship to the document."""
        if name == "Relationship" and attributes.get("Type", "").endswith("/officeDocument"):
            self.main_part = attributes.get("Target", "").lstrip("/")


class CoreProperties(XmlTarget):
    """`docProps/core.xml`: the title."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self._title: list[str] = []
        self._in_title = False

    @property
    def title(self) -> str:
        """The title, empty where there is none."""
        return "".join(self._title)

    def on_start(self, name: str, attributes: dict[str, str]) -> None:
        """Note where the title begins."""
        del attributes
        self._in_title = name == "title"

    def on_end(self, name: str) -> None:
        """Note where the title ends."""
        del name
        self._in_title = False

    def data(self, text: str) -> None:
        """Take the title's text."""
        if self._in_title:
            self._title.append(text)


class Style(Struct):
    """A paragraph style; what it does not say it has from the style that it is based on."""

    name: str = ""
    based_on: str = ""
    level: int | None = None
    is_list: bool | None = None


class Styles(XmlTarget):
    """`styles.xml`: what the style ids of paragraphs mean.

    Ids are translated in a localized Word; the names of built-in styles are not.
    """

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self._styles: dict[str, Style] = {}
        self._current = Style()

    def on_start(self, name: str, attributes: dict[str, str]) -> None:
        """Take a style, or a property of the one that is being read."""
        value = attributes.get("val", "")
        if name == "style":
            self._current = self._styles[attributes.get("styleId", "")] = Style()
        elif name == "name":
            self._current.name = value.lower()
            if heading := _HEADING_NAME.fullmatch(self._current.name):
                self._current.level = int(heading[1]) - 1
        elif name == "basedOn":
            self._current.based_on = value
        elif name == "outlineLvl":
            self._current.level = int(value) if value.isdigit() else None
        elif name == "numId":
            self._current.is_list = value != "0"

    def style(self, style_id: str) -> Style:
        """Return the style with what it inherits; an unknown one is a body text's."""
        found = Style(level=None)
        seen: set[str] = set()
        while style_id in self._styles and style_id not in seen:
            seen.add(style_id)
            style = self._styles[style_id]
            found.name = found.name or style.name
            found.level = style.level if found.level is None else found.level
            found.is_list = style.is_list if found.is_list is None else found.is_list
            style_id = style.based_on
        return found

"""DOCX: the paragraphs, headings, lists, tables and footnotes of a Word document."""

import io
import posixpath
import zlib
from xml.etree.ElementTree import ParseError, XMLParser
from zipfile import BadZipFile, ZipFile

from indexing.errors import DocumentTooLargeError, UnreadableDocumentError
from indexing.extracted_text import ExtractedText
from indexing.loaders.block_text import PARAGRAPH, BlockText
from indexing.loaders.docx_body import Body
from indexing.loaders.docx_parts import CoreProperties, Relationships, Styles, XmlTarget
from indexing.loaders.titles import metadata_title

MAX_XML_BYTES = 64 * 1024 * 1024
"""What all that is read of a document may unzip to; 1,000 pages are about 10 MiB."""

MAX_MEMBERS = 100_000
"""Of the archive: a hundred times those of a document of 1,000 pictures. Reading their list takes
half a kilobyte of memory each."""

MAIN_PART = "word/document.xml"
_MEMBER_SIGNATURE = b"PK\x01\x02"
_READ_BYTES = 65_536
_OLD_WORD_SIGNATURE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = 0x1


def load(body: bytes, *, key: str, charset: str | None) -> ExtractedText:
    """Return the body, then the notes; the title is the core properties', or so styled."""
    del charset  # XML says its own
    if body.count(_MEMBER_SIGNATURE) > MAX_MEMBERS:
        raise DocumentTooLargeError(f"{key} has more than {MAX_MEMBERS:,} members in its archive")
    try:
        with ZipFile(io.BytesIO(body)) as archive:
            return _Package(archive, key).document()
    except (BadZipFile, EOFError, NotImplementedError, zlib.error) as error:
        raise UnreadableDocumentError(_not_a_package(body, key)) from error
    except ParseError as error:
        raise UnreadableDocumentError(f"{key} is a broken Word document: {error}") from error


def _not_a_package(body: bytes, key: str) -> str:
    if body.startswith(_OLD_WORD_SIGNATURE):
        return f"{key} is an old .doc or has a password: save it as .docx, without password"
    return f"{key} is not a .docx file, or a broken one: it is no readable zip archive"


class _Package:
    """The parts of a document in their zip archive."""

    def __init__(self, archive: ZipFile, key: str) -> None:
        self._archive = archive
        self._key = key
        self._unread = MAX_XML_BYTES

    def document(self) -> ExtractedText:
        relationships = Relationships(self._key)
        self._read("_rels/.rels", relationships)
        main = relationships.main_part or MAIN_PART
        folder = posixpath.dirname(main)
        styles, properties = Styles(self._key), CoreProperties(self._key)
        self._read(posixpath.join(folder, "styles.xml"), styles)
        self._read("docProps/core.xml", properties)
        text = BlockText(self._key)
        body = Body(self._key, text, styles)
        if not self._read(main, body):
            raise UnreadableDocumentError(f"{self._key} is no Word document: it lacks {main}")
        for notes in ("footnotes.xml", "endnotes.xml"):
            text.separate(PARAGRAPH)
            self._read(posixpath.join(folder, notes), Body(self._key, text, styles))
        return text.document(metadata_title(properties.title) or body.title)

    def _read(self, part: str, target: XmlTarget) -> bool:
        """Feed a part to its target; False if there is no such part."""
        try:
            info = self._archive.getinfo(part)
        except KeyError:
            return False
        if info.flag_bits & _ENCRYPTED:
            raise UnreadableDocumentError(f"{self._key} is encrypted: save it without password")
        parser = XMLParser(target=target)  # noqa: S314 - the target refuses DTDs
        with self._archive.open(info) as stream:
            while data := stream.read(_READ_BYTES):
                self._unread -= len(data)
                if self._unread < 0:
                    raise DocumentTooLargeError(
                        f"{self._key} unzips to more than {MAX_XML_BYTES:,} bytes of text: split it"
                    )
                parser.feed(data)
        parser.close()
        return True

"""Bytes decoded to text."""

import codecs

from indexing.errors import UnreadableDocumentError
from indexing.loaders.block_text import check_length

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: it begins with UTF-16's mark
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# What these labels stand for on the web, by the WHATWG Encoding Standard; its decoders read ASCII
# as windows-1252 too, but a body that says ASCII and is not is UTF-8 more often.
_MEANT = {"iso8859-1": "cp1252", "ascii": "utf-8"}

# Of host names, no encodings of a text; Punycode takes time in the square of its length.
_OF_HOST_NAMES = {"idna", "punycode"}


# The bytes of UTF-8 that go on with a character.
_CONTINUATIONS = bytes(range(0x80, 0xC0))


def decode(
    body: bytes, *, key: str, charset: str | None = None, is_whole_text: bool = False
) -> str:
    """Return the text of `body` with line ends as `\\n`, without byte order mark.

    A byte order mark decides, then `charset`, else it is UTF-8. Raises UnreadableDocumentError,
    naming the offset, for bytes that are no text in that encoding; and where the body is the
    document's whole text, DocumentTooLargeError for more characters than a document may have, before
    there are copies of it: one emoji makes four bytes of each.
    """
    marks = ((mark, encoding) for mark, encoding in _BYTE_ORDER_MARKS if body.startswith(mark))
    mark, encoding = next(marks, None) or (b"", _encoding(charset, key))
    skip = len(mark)
    if is_whole_text and encoding == "utf-8":
        starts = len(body.translate(None, _CONTINUATIONS)) - bool(mark)
        check_length(starts - body.count(b"\r\n"), key)
    try:
        text = body[skip:].decode(encoding)
    except UnicodeDecodeError as error:
        offset = skip + error.start
        raise UnreadableDocumentError(
            f"{key} is not valid {encoding}: byte 0x{body[offset]:02x} at offset {offset}. Save it "
            "as UTF-8, or state its encoding in the content type, as in "
            "'text/plain; charset=windows-1252'"
        ) from error
    except (LookupError, UnicodeError) as error:
        raise UnreadableDocumentError(f"{key} cannot be decoded as {charset!r}: {error}") from error
    if (offset := text.find("\0")) >= 0:
        raise UnreadableDocumentError(
            f"{key} is not text: it has a NUL character at character {offset}. Binary files need the "
            "extension or content type of their format, UTF-16 a byte order mark"
        )
    if is_whole_text:
        check_length(len(text) - text.count("\r\n"), key)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _encoding(charset: str | None, key: str) -> str:
    if charset is None:
        return "utf-8"
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError) as error:
        raise UnreadableDocumentError(
            f"{key} is said to be in the unknown encoding {charset!r}: expected one such as utf-8"
        ) from error
    if name in _OF_HOST_NAMES:
        raise UnreadableDocumentError(
            f"{key} is said to be in {charset!r}, which is for host names: expected an encoding such "
            "as utf-8"
        )
    return _MEANT.get(name, name)

"""Zip archives as no program writes them."""

import io
import struct
import zipfile

_ENTRY = struct.Struct("<4s4B4HL2L5H2L")
_END = struct.Struct("<4s4H2LH")
_ZIP64_END = struct.Struct("<4sQ2H2L4Q")
_ZIP64_LOCATOR = struct.Struct("<4sLQL")


def lzma_bomb(size):
    """A Word document whose main part is of so many spaces, packed better than any program packs it."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_LZMA) as file:
        file.writestr("word/document.xml", b"<d>" + b" " * size)
    return output.getvalue()


def members(count):
    """So many members without content: about fifty bytes each, and an object in a reader's memory."""
    entry = _ENTRY.pack(b"PK\x01\x02", 20, 0, 20, 0, *(0,) * 4, 0, *(0,) * 2, 1, *(0,) * 4, 0, 0)
    directory = (entry + b"x") * count
    return b"".join(
        (
            directory,
            _ZIP64_END.pack(b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(directory), 0),
            _ZIP64_LOCATOR.pack(b"PK\x06\x07", 0, len(directory), 1),
            _END.pack(b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0),
        )
    )

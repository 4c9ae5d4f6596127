"""Request bodies of unknown length: HTTP's chunked transfer coding (RFC 9112, section 7.1)."""

from __future__ import annotations

from io import RawIOBase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from io import BufferedIOBase

    from _typeshed import WriteableBuffer

# Of a line that tells a chunk's size, with what extensions may follow.
MAX_LINE_BYTES = 4_096


class ChunkedBody(RawIOBase):
    """The content of a chunked body, and its end; OSError where it is broken."""

    def __init__(self, stream: BufferedIOBase) -> None:
        self._stream = stream
        self._left_of_chunk = 0
        self._ended = False

    def readable(self) -> bool:
        """Say so."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read from one chunk; 0 is the end of the body."""
        if not self._left_of_chunk and not self._ended:
            self._left_of_chunk = self._size_of_chunk()
            self._ended = not self._left_of_chunk
        if self._ended:
            return 0
        view = memoryview(buffer)
        part = self._stream.read(min(len(view), self._left_of_chunk))
        if not part:
            raise OSError("the body ends within a chunk")
        view[: len(part)] = part
        self._left_of_chunk -= len(part)
        if not self._left_of_chunk and self._line():
            raise OSError("a chunk is longer than it says")
        return len(part)

    def _size_of_chunk(self) -> int:
        size = self._line().partition(b";")[0].strip()
        if not size.isalnum():
            raise OSError(f"{size!r:.100} is no size of a chunk")
        try:
            number = int(size, 16)
        except ValueError as error:
            raise OSError(f"{size!r:.100} is no size of a chunk") from error
        while number == 0 and self._line():
            pass  # trailers
        return number

    def _line(self) -> bytes:
        line = self._stream.readline(MAX_LINE_BYTES)
        if not line.endswith(b"\n"):
            raise OSError("the body ends, or has no line, where a chunk should begin")
        return line.rstrip(b"\r\n")

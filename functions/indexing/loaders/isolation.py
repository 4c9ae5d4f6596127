"""Reading documents in a process of their own, where a hostile one can do no harm.

A few kilobytes of PDF, HTML, DOCX or JSON, or one row of CSV, can unfold to gigabytes or keep a parser
busy for hours, and what reads PDF and HTML is C and C++. The reader has limited memory and time and no
credentials; if it dies of a document, the function does not, and the next document gets a new one. So
does the first of another tenant: whoever takes a reader over sees no documents but their own.
"""

import atexit
import json
import os
import subprocess
import sys
import threading
import time
from signal import SIGABRT, SIGKILL
from typing import TYPE_CHECKING, Any

from indexing.errors import DocumentError, DocumentTooLargeError, UnreadableDocumentError
from indexing.extracted_text import ExtractedText, Heading

if TYPE_CHECKING:
    from vector_store import TenantId

MAX_SECONDS = 120
"""For one document: several times what the longest PDF that is allowed takes on one CPU."""

MAX_MEMORY_BYTES = 1024**3
"""The reader's address space: enough for documents at every other limit. Kept on Linux only."""

MAX_ANSWER_BYTES = 256 * 1024**2
"""More than a document at every limit is; a reader that was taken over may go on for ever."""

_ERRORS: dict[str, type[DocumentError]] = {
    error.__name__: error for error in (DocumentTooLargeError, UnreadableDocumentError)
}


class _ReaderDiedError(Exception):
    """The reader ended without an answer."""

    def __init__(self, returncode: int, *, timed_out: bool) -> None:
        super().__init__(f"the reader ended with {returncode}")
        self.timed_out = timed_out
        # What C libraries do when there is no more memory, and what the system does.
        self.out_of_memory = returncode in (-SIGABRT, -SIGKILL) and not timed_out


class Reader:
    """A process that reads one document after the other, started when the first one comes."""

    def __init__(
        self, *, max_seconds: float = MAX_SECONDS, max_memory_bytes: int = MAX_MEMORY_BYTES
    ) -> None:
        self._max_seconds = max_seconds
        self._max_memory_bytes = max_memory_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._tenant_id: TenantId | None = None
        self._lock = threading.Lock()
        atexit.register(self.close)

    def load(
        self,
        media_type: str,
        body: bytes,
        *,
        key: str,
        charset: str | None,
        tenant_id: "TenantId | None" = None,
    ) -> ExtractedText:
        """Return what `load_format` returns, or raise what it raises.

        No process reads documents of two tenants; to start one takes about a quarter of a second.

        Raises DocumentTooLargeError for a document that takes too much memory or time, and
        UnreadableDocumentError for one that breaks its parser.
        """
        request = json.dumps([media_type, key, charset, len(body)]).encode() + b"\n" + body
        with self._lock:
            if tenant_id != self._tenant_id:
                self.close()
                self._tenant_id = tenant_id
            try:
                # One that has read documents before may be worn out by them: ask a new one too.
                reply = self._ask(request, retry=self._process is not None)
            except _ReaderDiedError as error:
                raise self._verdict(error, key) from error
        error_name, answer = json.loads(reply)
        if error_name:
            raise _ERRORS[error_name](answer)
        return _document(answer)

    def close(self) -> None:
        """End the process; the next document starts another."""
        process, self._process = self._process, None
        if process:
            process.kill()
            process.communicate()

    def _ask(self, request: bytes, *, retry: bool) -> bytes:
        process = self._process = self._process or _start(self._max_memory_bytes)
        if process.stdin is None or process.stdout is None:
            raise TypeError("the reader was started without pipes")
        deadline = time.monotonic() + self._max_seconds
        timer = threading.Timer(self._max_seconds, process.kill)
        timer.start()
        try:
            process.stdin.write(request)
            process.stdin.flush()
            reply = process.stdout.readline(MAX_ANSWER_BYTES)
        except BrokenPipeError:
            reply = b""
        finally:
            timer.cancel()
        if reply.endswith(b"\n"):
            return reply
        if len(reply) == MAX_ANSWER_BYTES:
            process.kill()
        returncode, timed_out = process.wait(), time.monotonic() >= deadline
        self.close()
        if retry and not timed_out:
            return self._ask(request, retry=False)
        raise _ReaderDiedError(returncode, timed_out=timed_out)

    def _verdict(self, error: _ReaderDiedError, key: str) -> DocumentError:
        if error.timed_out:
            return DocumentTooLargeError(
                f"{key} takes more than {self._max_seconds:g} seconds to read: split or simplify it"
            )
        if error.out_of_memory:
            return DocumentTooLargeError(
                f"{key} unfolds to more than {self._max_memory_bytes // 2**20:,} MiB when it is "
                "read: split or simplify it"
            )
        return UnreadableDocumentError(f"{key} breaks the program that reads it: save it anew")


def _start(max_memory_bytes: int) -> subprocess.Popen[bytes]:
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    if libraries := os.environ.get("LD_LIBRARY_PATH"):
        environment["LD_LIBRARY_PATH"] = libraries
    return subprocess.Popen(  # noqa: S603 - nothing in the command is from outside
        [sys.executable, "-P", "-m", "indexing.loaders.isolated_reader", str(max_memory_bytes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )


def _document(fields: dict[str, Any]) -> ExtractedText:
    headings = tuple(Heading(**heading) for heading in fields.pop("headings"))
    code_blocks = tuple((start, end) for start, end in fields.pop("code_blocks"))
    page_starts = tuple(fields.pop("page_starts"))
    return ExtractedText(
        headings=headings, code_blocks=code_blocks, page_starts=page_starts, **fields
    )

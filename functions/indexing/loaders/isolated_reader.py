"""The program that `isolation` runs: requests on standard input, documents on standard output.

Its argument is how much memory it may use, in bytes. A request is a line of JSON, `[document type,
key, charset, length]`, and that many bytes; the answer is a line of JSON, `[null, document]` or
`[name of the error, message]`. Without memory for an answer, it ends as a program does that is
killed for that.
"""

import json
import os
import resource
import signal
import sys

from msgspec import to_builtins

from indexing.errors import DocumentError
from indexing.loaders.formats import load_format


def main(max_memory_bytes: int) -> None:
    """Answer requests until there are no more."""
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (max_memory_bytes, max_memory_bytes))
    while request := sys.stdin.buffer.readline():
        try:
            answer = _answer(request)
        except MemoryError:
            os.kill(os.getpid(), signal.SIGKILL)
        sys.stdout.buffer.write(answer)
        sys.stdout.buffer.flush()


def _answer(request: bytes) -> bytes:
    media_type, key, charset, length = json.loads(request)
    body = sys.stdin.buffer.read(length)
    try:
        document = load_format(media_type, body, key=key, charset=charset)
    except DocumentError as error:
        answer: list[object] = [type(error).__name__, str(error)]
    else:
        answer = [None, to_builtins(document)]
    # Not escaped: that would be up to twelve bytes a character, here and where it is read.
    return json.dumps(answer, ensure_ascii=False).encode() + b"\n"


if __name__ == "__main__":
    main(int(sys.argv[1]))

"""The program that `isolation` runs: requests on standard input, documents on standard output.

A request is a line of JSON, `[document type, key, charset, length]`, and that many bytes. The answer
is a line of JSON, `[null, document]` or `[name of the error, message]`.
"""

import json
import resource
import sys
from dataclasses import asdict
from typing import Any

from indexing.errors import DocumentError
from indexing.loaders.formats import load_format
from indexing.loaders.isolation import MAX_MEMORY_BYTES, out_of_memory


def main() -> None:
    """Answer requests until there are no more."""
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    while request := sys.stdin.buffer.readline():
        document_type, key, charset, length = json.loads(request)
        answer = _answer(document_type, sys.stdin.buffer.read(length), key, charset)
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


def _answer(
    document_type: str, body: bytes, key: str, charset: str | None
) -> tuple[str | None, dict[str, Any] | str]:
    try:
        document = load_format(document_type, body, key=key, charset=charset)
        return None, asdict(document)
    except DocumentError as error:
        return type(error).__name__, str(error)
    except MemoryError:
        too_large = out_of_memory(key)
        return type(too_large).__name__, str(too_large)


if __name__ == "__main__":
    main()

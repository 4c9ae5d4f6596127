"""The program that reads documents for a test, as the indexing function would, and says what they cost.

    python -m tests.hostile.reading FOLDER

`FOLDER/documents.json` lists `[file, key, content type, whether it is cut small]`; the answer is JSON:
why each document failed, null for one that is cut into passages, and the peaks of memory, in bytes, of
this process and of the one that reads for it.
"""

import json
import resource
import sys
from pathlib import Path
from typing import TypedDict

from indexing.attributes import MAX_ATTRIBUTES
from indexing.chunking import chunk_document
from indexing.errors import DocumentError
from indexing.loaders import load_document, media_type
from indexing.loaders.loading import _reader
from indexing.passages import check_text, passages
from recipe import ChunkingSettings
from vector_store.vector import MetadataValue


class Cut(TypedDict):
    """How a document is cut, and what each chunk has besides."""

    chunking: ChunkingSettings
    attributes: dict[str, MetadataValue]
    folder: str


USUAL: Cut = {"chunking": ChunkingSettings(), "attributes": {}, "folder": ""}
SMALLEST: Cut = {
    "chunking": ChunkingSettings(size=200, overlap=100),
    "attributes": {f"name {n}": "of words" for n in range(MAX_ATTRIBUTES)},
    "folder": "folder/" * 135 + "\N{GRINNING FACE}/",
}
"""The least that template.yaml takes, the most that a sidecar may hold, and nearly the longest key."""


def main(folder: Path) -> None:
    """Read the documents one after the other."""
    reasons = [
        reason(folder / file, key, content_type or None, **(SMALLEST if is_small else USUAL))
        for file, key, content_type, is_small in json.loads((folder / "documents.json").read_text())
    ]
    _reader().close()
    # Not ru_maxrss, which a process takes over from the one that started it.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    own = 1024 * int(status["VmHWM"].split()[0])
    readers = 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    sys.stdout.write(json.dumps({"reasons": reasons, "own_bytes": own, "reader_bytes": readers}))


def reason(
    path: Path,
    key: str,
    content_type: str | None,
    *,
    chunking: ChunkingSettings,
    attributes: dict[str, MetadataValue],
    folder: str,
) -> str | None:
    """Why the document cannot be indexed."""
    key = folder + key
    try:
        document = load_document(path.read_bytes(), key=key, content_type=content_type)
        check_text(document.text, chunking, key)
        found = passages(
            document,
            chunk_document(document, chunking),
            uri=f"s3://documents/{key}",
            document_key=key,
            content_type=media_type(key, content_type),
            attributes=attributes,
            model="bedrock://cohere.embed-v4:0?dimensions=256",
        )
    except DocumentError as error:
        return str(error)
    assert found
    return None


if __name__ == "__main__":
    main(Path(sys.argv[1]))

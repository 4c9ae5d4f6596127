"""Peak memory of indexing large documents, through the handler, in a new process each.

    python -m benchmarks.memory

The services and a model that hashes words run in this process; what is measured is the indexing
function's own process, and the one that reads PDF for it. The exit status is 1 if a peak is above
its bound, which is the same for every document.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

from fpdf import FPDF

from documents_bucket.keys import document_key
from indexing.attributes import MAX_ATTRIBUTES
from indexing.loaders.isolation import MAX_MEMORY_BYTES
from indexing.loaders.titles import MAX_TITLE_CHARACTERS
from indexing.passages import MAX_CHUNKS
from local.aws import AwsEndpoint
from local.stack import LocalStack
from local.wsgi_server import WsgiServer
from tests.fakes.hashing_bedrock import HashingBedrock

MODEL = "bedrock://cohere.embed-v4:0?dimensions=1024"

MAX_FUNCTION_BYTES = 512_000_000
"""Of the function's own process, whatever the document."""

SENTENCE = "Drop a document into a bucket and ask for it by meaning or by words. "
WIDE_SENTENCE = "文書 をバケットに入れて、 意味 または 言葉 で 尋ねて ください。 それだけ です。 "
"""Two bytes a character in Python, where English takes one."""
WIDEST_SENTENCE = "🪣📄🔎 💬🧠🔤🌍🚀📚 🦉🎓🧭🪶 "
"""Four bytes a character, in UTF-8 too."""

LONGEST = 19_900_000
"""Characters, of the 20,000,000 that a text may have."""

ATTRIBUTES = {f"name {n}": "of words" for n in range(MAX_ATTRIBUTES)}


@dataclass(frozen=True, slots=True)
class Case:
    """A document, and how it is cut."""

    key: str
    body: Callable[[], bytes]
    chunk_size: int = 1_000
    attributes: Mapping[str, str] = field(default_factory=dict)
    outcome: str = "indexed"

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rpartition("/")[2]


CASES = (
    Case("a page.txt", lambda: _text(SENTENCE, 2_000)),
    Case("a book of a million characters.txt", lambda: _text(SENTENCE, 1_000_000)),
    Case("the longest text.txt", lambda: _text(SENTENCE, LONGEST)),
    Case("the longest text in Japanese.txt", lambda: _text(WIDE_SENTENCE, LONGEST)),
    Case("the longest text in emoji.txt", lambda: _text(WIDEST_SENTENCE, LONGEST)),
    Case(
        # Nearly as long as a key with a sidecar may be.
        "folder/" * 138 + "🪣/the most chunks.md",
        lambda: _chapters(WIDEST_SENTENCE, MAX_CHUNKS - 100),
        chunk_size=200,
        attributes=ATTRIBUTES,
    ),
    Case("100 MB.txt", lambda: _text(SENTENCE, 100_000_000), outcome="failed"),
    Case("2,000 pages.pdf", lambda: _pdf(2_000)),
)

WORKER = """
import json, resource, sys
from indexing import handler
from local.lambda_runtime import LocalContext

answer = handler.lambda_handler(json.loads(sys.argv[1]), LocalContext("indexing", 900))
# Not ru_maxrss, which a process takes over from the one that started it.
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
own = int(status["VmHWM"].split()[0])
readers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([answer["documents"][0], own, readers]))
"""


def main() -> int:
    """Print every peak; 0 if all are below their bounds."""
    within = []
    endpoint = AwsEndpoint(bedrock_runtime=HashingBedrock())
    with WsgiServer(endpoint) as server:
        stack = LocalStack(server.url, {"EmbeddingModel": MODEL, "IndexingConcurrency": "2"})
        stack.create()
        for case in CASES:
            report, own, readers = _index(stack, case)
            if report["outcome"] != case.outcome:
                raise RuntimeError(f"{case.name}: {report}")
            within += [own <= MAX_FUNCTION_BYTES, readers <= MAX_MEMORY_BYTES]
            sys.stdout.write(
                f"{case.name:36} {report['outcome']:8} {report['chunks']:6,} chunks  "
                f"function {own / 1e6:4.0f} MB of {MAX_FUNCTION_BYTES / 1e6:.0f}, "
                f"reader {readers / 1e6:4.0f} MB of {MAX_MEMORY_BYTES / 1e6:,.0f}\n"
            )
            sys.stdout.flush()
    return 0 if all(within) else 1


def _index(stack: LocalStack, case: Case) -> tuple[Any, int, int]:
    document = document_key(case.key)
    assert document  # noqa: S101 - these are documents
    s3 = stack.client("s3")
    s3.put_object(Bucket=stack.documents_bucket, Key=case.key, Body=case.body())
    if case.attributes:
        assert document.sidecar_key  # noqa: S101 - the key is not too long for one
        sidecar = json.dumps({"metadataAttributes": case.attributes})
        s3.put_object(Bucket=stack.documents_bucket, Key=document.sidecar_key, Body=sidecar)
    record = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {
            "bucket": {"name": stack.documents_bucket},
            "object": {"key": quote_plus(case.key)},
        },
    }
    settings = stack.environment("IndexingFunction") | {"CHUNK_SIZE": str(case.chunk_size)}
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", WORKER, json.dumps({"Records": [record]})],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{case.name}: {done.stderr}")
    report, own, readers = json.loads(done.stdout.splitlines()[-1])
    return report, own * 1024, readers * 1024


def _text(sentence: str, characters: int) -> bytes:
    """Paragraphs that differ, so that no chunk is another's twin."""
    paragraph = sentence * (700 // len(sentence)) + "\n\n"
    count = characters // (len(paragraph) + 9)
    return "".join(f"{n:08} {paragraph}" for n in range(count)).encode()


def _chapters(sentence: str, chunks: int) -> bytes:
    """Chunks of 200 characters, under a heading of each level that is as long as one may be."""
    heading = sentence * (MAX_TITLE_CHARACTERS // len(sentence))
    headings = "".join(f"{'#' * level} {heading.strip()}\n\n" for level in range(1, 7))
    paragraph = sentence * (190 // len(sentence)) + "\n\n"
    return (headings + "".join(f"{n:08} {paragraph}" for n in range(chunks))).encode()


def _pdf(pages: int) -> bytes:
    pdf = FPDF()
    pdf.set_font("helvetica", size=11)
    for page in range(pages):
        pdf.add_page()
        for paragraph in range(4):
            pdf.multi_cell(0, 6, f"Paragraph {page}.{paragraph}. {SENTENCE * 7}")
            pdf.ln(6)
    return bytes(pdf.output())


if __name__ == "__main__":
    sys.exit(main())

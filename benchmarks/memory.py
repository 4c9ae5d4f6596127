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
from typing import TYPE_CHECKING, Any

from fpdf import FPDF

from documents.document_key import document_key
from indexing.loaders.isolation import MAX_MEMORY_BYTES
from local.aws import AwsEndpoint
from local.stack import LocalStack
from local.wsgi_server import WsgiServer
from tests.fakes.hashing_bedrock import HashingBedrock

if TYPE_CHECKING:
    from collections.abc import Callable

MODEL = "bedrock://cohere.embed-v4:0?dimensions=1024"

MAX_FUNCTION_BYTES = 512_000_000
"""Of the function's own process, whatever the document."""

SENTENCE = "Drop a document into a bucket and ask for it by meaning or by words. "
WIDE_SENTENCE = "文書 をバケットに入れて、 意味 または 言葉 で 尋ねて ください。 それだけ です。 "
"""Two bytes a character in Python, where English takes one."""

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
    documents: dict[str, Callable[[], bytes]] = {
        "a page.txt": lambda: _text(SENTENCE, 2_000),
        "a book of a million characters.txt": lambda: _text(SENTENCE, 1_000_000),
        "the longest text.txt": lambda: _text(SENTENCE, 19_900_000),
        "the longest text in Japanese.txt": lambda: _text(WIDE_SENTENCE, 19_900_000),
        "100 MB.txt": lambda: _text(SENTENCE, 100_000_000),
        "2,000 pages.pdf": lambda: _pdf(2_000),
    }
    within = []
    endpoint = AwsEndpoint(bedrock_runtime=HashingBedrock())
    with WsgiServer(endpoint) as server:
        stack = LocalStack(server.url, {"EmbeddingModel": MODEL, "IndexingConcurrency": "2"})
        stack.create()
        for key, body in documents.items():
            stack.client("s3").put_object(Bucket=stack.documents_bucket, Key=key, Body=body())
            report, own, readers = _index(stack, key)
            within += [own <= MAX_FUNCTION_BYTES, readers <= MAX_MEMORY_BYTES]
            sys.stdout.write(
                f"{key:36} {report['outcome']:8} {report['chunks']:6,} chunks  "
                f"function {own / 1e6:4.0f} MB of {MAX_FUNCTION_BYTES / 1e6:.0f}, "
                f"reader {readers / 1e6:4.0f} MB of {MAX_MEMORY_BYTES / 1e6:,.0f}\n"
            )
            sys.stdout.flush()
    return 0 if all(within) else 1


def _index(stack: LocalStack, key: str) -> tuple[Any, int, int]:
    assert document_key(key)  # noqa: S101 - these are documents
    record = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {
            "bucket": {"name": stack.documents_bucket},
            "object": {"key": key.replace(" ", "+")},
        },
    }
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", WORKER, json.dumps({"Records": [record]})],
        env={**os.environ, **stack.environment("IndexingFunction")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{key}: {done.stderr}")
    report, own, readers = json.loads(done.stdout.splitlines()[-1])
    return report, own * 1024, readers * 1024


def _text(sentence: str, characters: int) -> bytes:
    """Paragraphs that differ, so that no chunk is another's twin."""
    paragraph = sentence * (700 // len(sentence)) + "\n\n"
    count = characters // (len(paragraph) + 9)
    return "".join(f"{n:08} {paragraph}" for n in range(count)).encode()


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

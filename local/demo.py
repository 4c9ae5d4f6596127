"""`python -m local.demo`: samples/ dropped into the bucket, indexed, and asked about.

Exits 0 when each expected passage was the first match and no tenant saw another's; else 1.
"""

import argparse
import json
import sys
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from catalog import Catalog, DocumentState
from documents_bucket.keys import SIDECAR_SUFFIX, document_key
from local.questions import FOREIGN_QUESTION, QUESTIONS, Question
from local.running import API_PORT, AWS_PORT, Running, commands, running
from local.serve import wait_for_interrupt
from vector_store import ConnectionString, IndexName

SAMPLES = Path(__file__).parents[1] / "samples"

INDEXING_TIMEOUT_SECONDS = 300
CONTENT_TYPES = {
    ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".txt": "text/plain",
}


class DemoError(Exception):
    """The demonstration did not come out as it should."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample document, and the index that its chunks belong in."""

    key: str
    index: str


def main() -> int:
    """Run the demonstration; 0 when it came out as it should."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--api-port", type=int, default=API_PORT)
    arguments.add_argument("--aws-port", type=int, default=AWS_PORT)
    arguments.add_argument("--stay", action="store_true", help="stay up until Ctrl-C")
    chosen = arguments.parse_args()
    with running(aws_port=chosen.aws_port, api_port=chosen.api_port) as deployment:
        try:
            demonstrate(deployment)
        except DemoError as error:
            show(f"\nFAILED: {error}")
            return 1
        if chosen.stay:
            show(f"\n{commands(deployment)}\n\nCtrl-C stops it.")
            wait_for_interrupt()
    return 0


def demonstrate(deployment: Running) -> None:
    """Drop the samples, wait until they are indexed, ask, and raise DemoError for a wrong answer."""
    samples = list(drop_samples(deployment))
    show(f"Dropped {len(samples)} documents into s3://{deployment.stack.documents_bucket}")
    started = time.monotonic()
    chunks = await_indexed(deployment, samples)
    show(
        f"Indexed {len(samples)} documents, {chunks} chunks, in {time.monotonic() - started:.1f} s\n"
    )
    for question in QUESTIONS:
        ask_and_check(deployment, question)
    check_isolation(deployment)


def drop_samples(deployment: Running) -> Iterator[Sample]:
    """Put every file of samples/ into the documents bucket, sidecars too, and yield the documents."""
    s3, bucket = deployment.stack.client("s3"), deployment.stack.documents_bucket
    store = ConnectionString.parse(deployment.stack.environment("IndexingFunction")["VECTOR_STORE"])
    for path in sorted(SAMPLES.rglob("*")):
        if path.is_dir():
            continue
        key = path.relative_to(SAMPLES).as_posix()
        s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=path.read_bytes(),
            ContentType=CONTENT_TYPES[path.suffix],
        )
        document = document_key(key)
        if document and document.tenant_id and not key.endswith(SIDECAR_SUFFIX):
            name = IndexName("chunk", document.tenant_id, store.index_prefix)
            yield Sample(key, f"{store.bucket_name}/{name}")


def await_indexed(deployment: Running, samples: Iterable[Sample]) -> int:
    """Show each document as it is indexed, and return how many chunks they have together."""
    catalog = Catalog(
        deployment.stack.client("dynamodb"),
        deployment.stack.catalog_table,
        clock=lambda: datetime.now(UTC),
    )
    waiting = {sample.key: sample for sample in samples}
    deadline = time.monotonic() + INDEXING_TIMEOUT_SECONDS
    chunks = 0
    while waiting:
        if time.monotonic() > deadline:
            raise DemoError(f"not indexed in {INDEXING_TIMEOUT_SECONDS} s: {', '.join(waiting)}")
        for sample in list(waiting.values()):
            entry = catalog.get(sample.index, sample.key)
            if entry is None or entry.state is DocumentState.INDEXING:
                continue
            if entry.state is DocumentState.FAILED:
                raise DemoError(f"{sample.key} failed: {entry.reason}")
            show(f"  {entry.chunk_count:4} chunks  {sample.key}")
            chunks += entry.chunk_count
            del waiting[sample.key]
        time.sleep(0.2)
    return chunks


def ask_and_check(deployment: Running, question: Question) -> None:
    """Show the question and its matches; DemoError unless the expected passage comes first."""
    matches = ask(deployment, question, question.tenant_id)["matches"]
    show(f"\n{question.tenant_id or 'default tenant'}: {question.text}")
    if question.filter:
        show(f"  filter {json.dumps(question.filter)}")
    for match in matches:
        show_match(match)
    if not matches:
        raise DemoError(f"{question.text!r}: no match")
    first = matches[0]
    if first["document"]["key"] != question.expected_key:
        raise DemoError(
            f"{question.text!r}: expected {question.expected_key} first, got "
            f"{first['document']['key']}"
        )
    if question.expected_words not in " ".join(first["text"].split()):
        raise DemoError(f"{question.text!r}: the first match lacks {question.expected_words!r}")


def check_isolation(deployment: Running) -> None:
    """Show that another tenant, asking the same, gets its own documents only."""
    question, other = FOREIGN_QUESTION.question, FOREIGN_QUESTION.other_tenant_id
    matches = ask(deployment, question, other)["matches"]
    show(f"\nThe same asked by {other}: {question.text}")
    for match in matches:
        show_match(match)
    foreign = [
        key
        for match in matches
        if not (key := match["document"]["key"]).startswith(f"tenants/{other}/")
    ]
    if not matches or foreign:
        raise DemoError(f"tenant {other} was answered {foreign or 'nothing'}")
    show(f"\n{other} was answered from its own documents only.")


def ask(deployment: Running, question: Question, tenant_id: str | None) -> Any:
    """Return the HTTP API's answer to a question that a tenant asks."""
    path = f"/tenants/{tenant_id}/query" if tenant_id else "/query"
    body: dict[str, Any] = {"query": question.text, "top_k": 3}
    if question.filter and tenant_id == question.tenant_id:
        body["filter"] = question.filter
    request = urllib.request.Request(  # noqa: S310 - an address of this machine
        f"{deployment.api_url}{path}",
        data=json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - the same
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise DemoError(f"{path} answered {error.code}: {error.read().decode()}") from error


def show_match(match: dict[str, Any]) -> None:
    """Show one match: score, document, place, passage."""
    location = match["location"]
    place = [f"chunk {location['ordinal']}"]
    if location["page"]:
        place.append(f"page {location['page']}")
    if location["headings"]:
        place.append(" > ".join(location["headings"]))
    show(f"  {match['score']:.3f}  {match['document']['key']}  ({', '.join(place)})")
    passage = textwrap.shorten(match["text"], 240, placeholder=" …")
    show(textwrap.indent(textwrap.fill(passage, 90), "         "))


def show(text: str) -> None:
    """Print at once, also into a pipe."""
    print(text, flush=True)  # noqa: T201 - its output


if __name__ == "__main__":
    sys.exit(main())

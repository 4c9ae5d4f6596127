"""Documents through the queue into the index: time, requests, and whether anything is lost.

    python -m benchmarks.indexing [--small 10000] [--large 20] [--workers 4]

Small documents of about two chunks and large ones of 2,000 are dropped into the bucket of a local
stack; worker processes take them from the queue in batches, as Lambda's event source mapping does.
The model is a hash: what is measured is dropvec and the services of this machine. A run in which no
message comes or leaves for five minutes ends with exit code 1.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.synchronize import Event

from benchmarks.request_log import RequestLog
from catalog import Catalog, DocumentState
from indexing import handler
from local.aws import AwsEndpoint
from local.lambda_runtime import QueuePoller
from local.stack import LocalStack
from local.wsgi_server import WsgiServer
from tests.fakes.hashing_bedrock import HashingBedrock

MODEL = "bedrock://cohere.embed-v4:0?dimensions=256"
CHUNKS_OF_A_LARGE_DOCUMENT = 2_000
STALLED_AFTER_SECONDS = 300
SENTENCES = "Some more words stand here, so that there is something to be cut. "


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took."""

    workers: int
    dropping_seconds: float
    indexing_seconds: float
    requests: dict[str, int]


def main() -> int:
    """Measure once, and print what was seen; exits 1 when a document was lost."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--small", type=int, default=10_000)
    arguments.add_argument("--large", type=int, default=20)
    arguments.add_argument("--workers", type=int, default=4)
    chosen = arguments.parse_args()
    endpoint = RequestLog(AwsEndpoint(bedrock_runtime=HashingBedrock()))
    with WsgiServer(endpoint) as server:
        concurrency = str(max(2, chosen.workers))
        stack = LocalStack(
            server.url, {"EmbeddingModel": MODEL, "IndexingConcurrency": concurrency}
        )
        stack.create()
        documents = dict(_documents(chosen.small, chosen.large))
        started = time.perf_counter()
        _drop(stack, documents)
        dropped = time.perf_counter() - started
        endpoint.requests.clear()
        with _workers(stack, chosen.workers):
            _wait_until_empty(stack)
        indexed = time.perf_counter() - started - dropped
        run = Run(chosen.workers, dropped, indexed, endpoint.counts())
        return _report(stack, documents, run)


def _documents(small: int, large: int) -> Iterator[tuple[str, bytes]]:
    for number in range(small):
        text = f"Document {number} is about item {number * 7_919 % 100_003}. {SENTENCES * 20}"
        yield f"tenants/t{number % 3}/small/{number:06}.txt", text.encode()
    for number in range(large):
        paragraphs = (
            f"Paragraph {n} of document {number}. {SENTENCES * 12}"
            for n in range(CHUNKS_OF_A_LARGE_DOCUMENT)
        )
        yield f"tenants/t{number % 3}/large/{number:03}.txt", "\n\n".join(paragraphs).encode()


def _drop(stack: LocalStack, documents: dict[str, bytes]) -> None:
    s3 = stack.client("s3")
    for key, body in documents.items():
        s3.put_object(Bucket=stack.documents_bucket, Key=key, Body=body)


@contextmanager
def _workers(stack: LocalStack, count: int) -> Iterator[None]:
    # Spawned, as containers are: nothing is shared with the process that serves.
    context = get_context("spawn")
    stop = context.Event()
    environment = stack.environment("IndexingFunction")
    function = stack.template.properties("IndexingFunction")
    batch_size = function["Events"]["Documents"]["Properties"]["BatchSize"]
    processes = [
        context.Process(target=_work, args=(environment, stack.endpoint_url, batch_size, stop))
        for _ in range(count)
    ]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        stop.set()
        for process in processes:
            process.join()


def _work(environment: dict[str, str], endpoint_url: str, batch_size: int, stop: Event) -> None:
    os.environ.update(environment, POWERTOOLS_METRICS_DISABLED="true")
    handler.logger.setLevel("CRITICAL")
    stack = LocalStack(endpoint_url)
    poller = QueuePoller(
        stack.client("sqs"),
        stack.queue_url,
        handler.lambda_handler,
        batch_size=batch_size,
        timeout_seconds=900,
    )
    while not stop.is_set():
        poller.poll()


def _wait_until_empty(stack: LocalStack) -> None:
    sqs = stack.client("sqs")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    last, since = -1, time.monotonic()
    while True:
        answer = sqs.get_queue_attributes(QueueUrl=stack.queue_url, AttributeNames=names)
        left = sum(int(answer["Attributes"][name]) for name in names)
        if not left:
            return
        if left != last:
            last, since = left, time.monotonic()
        if time.monotonic() - since > STALLED_AFTER_SECONDS:
            sys.exit(f"\n{left:,} messages have been in the queue for {STALLED_AFTER_SECONDS} s")
        sys.stderr.write(f"\r{left:,} messages left ")
        time.sleep(2)


def _report(stack: LocalStack, documents: dict[str, bytes], run: Run) -> int:
    catalog = Catalog(
        stack.client("dynamodb"), stack.catalog_table, clock=lambda: datetime.now(UTC)
    )
    entries = [
        entry
        for registered in catalog.indexes
        for entry in catalog.entries.of_index(registered.index)
    ]
    good = [entry for entry in entries if entry.state is DocumentState.INDEXED]
    chunks = sum(entry.chunk_count for entry in good)
    vectors = sum(_vectors(stack, registered.index) for registered in catalog.indexes)
    dead = stack.client("sqs").get_queue_attributes(
        QueueUrl=stack.dead_letters_url, AttributeNames=["ApproximateNumberOfMessages"]
    )["Attributes"]["ApproximateNumberOfMessages"]
    lost = len(documents) - len(good)
    print(  # noqa: T201 - its output
        f"\n{len(documents):,} documents ({sum(map(len, documents.values())) / 1e6:,.0f} MB) dropped in "
        f"{run.dropping_seconds:,.0f} s; indexed by {run.workers} workers in {run.indexing_seconds:,.0f} s: "
        f"{len(good) / run.indexing_seconds:,.1f} documents/s, "
        f"{chunks / run.indexing_seconds:,.0f} chunks/s\n"
        f"{chunks:,} chunks, {vectors:,} vectors, {lost} documents lost, {dead} dead letters\n\n"
        "| request | in all | per document | per 1,000 chunks |\n| --- | ---: | ---: | ---: |"
    )
    for name, count in sorted(run.requests.items()):
        print(  # noqa: T201 - its output
            f"| {name} | {count:,} | {count / len(documents):.2f} | {1_000 * count / chunks:,.1f} |"
        )
    return 1 if lost or chunks != vectors or int(dead) else 0


def _vectors(stack: LocalStack, index: str) -> int:
    bucket, _, name = index.partition("/")
    client = stack.client("s3vectors")
    pages = client.get_paginator("list_vectors").paginate(vectorBucketName=bucket, indexName=name)
    return sum(len(page["vectors"]) for page in pages)


if __name__ == "__main__":
    sys.exit(main())

"""Indexing one document / embedding its chunks alone: what is not hidden behind the model.

    python -m benchmarks.embedding_overlap [--chunks 2000]

The model takes 100 ms for a text, and ten are under way at once; S3 Vectors takes 30 ms for a request.
Both are timed in one process, and the services run in another. Embedding alone sends the same texts to
the same model. The exit status is 1 above 1.1.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable
from typing import TYPE_CHECKING

import orjson

from local.aws import AwsEndpoint
from local.stack import LocalStack
from local.wsgi_server import WsgiServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MODEL_SECONDS = 0.1
SERVICE_SECONDS = 0.03
BOUND = 1.1
KEY = "long.txt"

WORKER = """
import json, os, sys, time
from embedding import bedrock_client, embedder_for
from indexing import handler
from local.lambda_runtime import LocalContext

event, embedder = json.loads(sys.argv[1]), handler._indexer()._writer._embedder
embedder.embed_query("warm")
texts, embed = [], embedder.embed_documents
embedder.embed_documents = lambda part, **settings: [texts.extend(part), embed(part, **settings)][1]
started = time.perf_counter()
report = handler.lambda_handler(event, LocalContext("indexing", 900))["documents"][0]
indexed = time.perf_counter() - started
started = time.perf_counter()
embed(texts)
print(json.dumps([report, indexed, time.perf_counter() - started]))
"""


class Model:
    """A `bedrock-runtime` that takes its time and no processor."""

    def __init__(self) -> None:
        numbers = random.Random(1)  # noqa: S311
        embedding = [round(numbers.gauss(0, 0.03), 9) for _ in range(1_024)]
        self._answer = orjson.dumps({"embedding": embedding, "inputTextTokenCount": 200})

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer later."""
        environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        time.sleep(MODEL_SECONDS)
        length = str(len(self._answer))
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", length)])
        return [self._answer]


def main() -> int:
    """Print the ratio beside its bound; 0 if it is within."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--chunks", type=int, default=2_000)
    count = arguments.parse_args().chunks
    with WsgiServer(AwsEndpoint(bedrock_runtime=Model())) as server:
        stack = LocalStack(server.url, {"IndexingConcurrency": "2"})
        stack.create()
        text = "\n\n".join(f"Paragraph {n}. {'Some words. ' * 75}" for n in range(count))
        stack.client("s3").put_object(Bucket=stack.documents_bucket, Key=KEY, Body=text.encode())
        _delay_vectors(stack)
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", WORKER, json.dumps(_event(stack))],
            env={**os.environ, **stack.environment("IndexingFunction")},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(done.stderr)
    report, indexed, embedded = json.loads(done.stdout.splitlines()[-1])
    if report["outcome"] != "indexed":
        raise RuntimeError(str(report))
    ratio = indexed / embedded
    sys.stdout.write(
        f"{report['chunks']:,} chunks: indexed in {indexed:.1f} s, embedded alone in {embedded:.1f} s: "
        f"{ratio:.2f}, at most {BOUND}\n"
    )
    return 0 if ratio <= BOUND else 1


def _delay_vectors(stack: LocalStack) -> None:
    fault = json.dumps({"delaySeconds": SERVICE_SECONDS}).encode()
    request = urllib.request.Request(f"{stack.endpoint_url}/_s3vectors/faults", data=fault)  # noqa: S310
    with urllib.request.urlopen(request):  # noqa: S310
        pass


def _event(stack: LocalStack) -> dict[str, object]:
    record = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": stack.documents_bucket}, "object": {"key": KEY}},
    }
    return {"Records": [record]}


if __name__ == "__main__":
    sys.exit(main())

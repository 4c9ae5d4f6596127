"""Indexing one document / embedding its chunks alone: what is not hidden behind the model.

    python -m benchmarks.embedding_overlap [--model waiting] [--chunks 2000] [--runs 3]

The model `waiting` takes 100 ms for a text and no processor, and ten are under way at once, as on
Bedrock; `local` is the one that `make run` embeds by, which leaves no processor idle. S3 Vectors takes
30 ms for a request. Both are timed in one process, in turns, and the services run in another. Embedding
alone sends the same texts to the same model. The exit status is 1 if the median is above 1.1.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import orjson

from benchmarks.faults import delay_vectors
from local import bedrock
from local.aws import AwsEndpoint
from local.stack import LocalStack
from local.wsgi_server import WsgiServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MODEL_SECONDS = 0.1
SERVICE_SECONDS = 0.03
BOUND = 1.1

WORKER = """
import json, sys, time
from indexing import handler
from local.lambda_runtime import LocalContext

embedder = handler._indexer()._writer._embedder
embedder.embed_query("warm")
texts, embed = [], embedder.embed_documents
embedder.embed_documents = lambda part, **settings: [texts.extend(part), embed(part, **settings)][1]
for event in json.loads(sys.argv[1]):
    texts.clear()
    started = time.perf_counter()
    report = handler.lambda_handler(event, LocalContext("indexing", 900))["documents"][0]
    indexed = time.perf_counter() - started
    started = time.perf_counter()
    list(embed(texts))
    print(json.dumps([report, indexed, time.perf_counter() - started]), flush=True)
"""


class WaitingModel:
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
    """Print the ratio of each run, and their median beside its bound; 0 if it is within."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    models = {"waiting": WaitingModel(), "local": bedrock.application}
    arguments.add_argument("--model", choices=models, default="waiting")
    arguments.add_argument("--chunks", type=int, default=2_000)
    arguments.add_argument("--runs", type=int, default=3)
    chosen = arguments.parse_args()
    text = "\n\n".join(f"Paragraph {n}. {'Some words. ' * 75}" for n in range(chosen.chunks))
    with WsgiServer(AwsEndpoint(bedrock_runtime=models[chosen.model])) as server:
        stack = LocalStack(server.url, {"IndexingConcurrency": "2"})
        stack.create()
        keys = [f"long {run}.txt" for run in range(chosen.runs)]
        for key in keys:
            stack.client("s3").put_object(Bucket=stack.documents_bucket, Key=key, Body=text)
        delay_vectors(server.url, SERVICE_SECONDS)
        ratios = list(_ratios(stack, keys))
    ratio = statistics.median(ratios)
    _say(f"{ratio:.2f} ({min(ratios):.2f} to {max(ratios):.2f}), at most {BOUND}")
    return 0 if ratio <= BOUND else 1


def _ratios(stack: LocalStack, keys: Sequence[str]) -> Iterator[float]:
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", WORKER, json.dumps([_event(stack, key) for key in keys])],
        env={**os.environ, **stack.environment("IndexingFunction")},
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:
        assert worker.stdout  # noqa: S101 - it is a pipe
        for line in worker.stdout:
            if not line.startswith("["):
                continue  # of the function's log
            report, indexed, embedded = json.loads(line)
            if report["outcome"] != "indexed":
                raise RuntimeError(str(report))
            _say(
                f"{report['chunks']:,} chunks: indexed in {indexed:.1f} s, "
                f"embedded alone in {embedded:.1f} s: {indexed / embedded:.2f}"
            )
            yield indexed / embedded
    if worker.returncode:
        raise RuntimeError(f"the worker ended with {worker.returncode}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _event(stack: LocalStack, key: str) -> dict[str, object]:
    record = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {
            "bucket": {"name": stack.documents_bucket},
            "object": {"key": key.replace(" ", "+")},
        },
    }
    return {"Records": [record]}


if __name__ == "__main__":
    sys.exit(main())

"""What the querying function adds to the two AWS calls that answer a question, as a ratio.

    python -m benchmarks.query_overhead [--vectors 300] [--questions 200] [--top-k 10] [--latency 30]

Question by question, the handler answers an API Gateway event, and bare botocore clients, which are
boto3's, make the same two calls (InvokeModel, QueryVectors in the same mode with the same
parameters). Services are this machine's and the model is a hash, which answers at once. First S3
Vectors does so too: then what the handler adds is as large a part as it can be. Then it takes the
latency, in milliseconds, for each request. The exit status is 1 if a ratio is above 1.1 there.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import orjson
from botocore.session import Session

from benchmarks.faults import delay_vectors
from indexing import handler as indexing_handler
from local.aws import AwsEndpoint
from local.lambda_runtime import LocalContext, QueuePoller
from local.roles import OPERATOR, credentials
from local.stack import LocalStack
from local.wsgi_server import WsgiServer
from querying import handler
from tests.fakes.hashing_bedrock import HashingBedrock

WORDS = ("lamp", "wick", "oven", "crust", "dome", "shutter", "ledger", "harbour", "kettle", "seal")
MODES = ("vector", "text", "hybrid")
MODEL = "amazon.titan-embed-text-v2:0"
EVENT = json.loads((Path(__file__).parents[1] / "events" / "http-query.json").read_bytes())
BOUND = 1.1
WARM = 10
"""Questions before the measured ones, so that clients are made and the index is known."""


def main() -> int:
    """Measure each mode without latency and with it; 0 if all ratios with it are within the bound."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--vectors", type=int, default=300)
    arguments.add_argument("--questions", type=int, default=200)
    arguments.add_argument("--top-k", type=int, default=10)
    arguments.add_argument("--latency", type=float, default=30)
    chosen = arguments.parse_args()
    for function_log in (indexing_handler.logger, handler.logger):
        function_log.setLevel("WARNING")
    # The handlers write metrics to standard output, which is part of what they take.
    table = sys.stdout
    with (
        Path(os.devnull).open("w") as nowhere,
        redirect_stdout(nowhere),
        WsgiServer(AwsEndpoint(bedrock_runtime=HashingBedrock())) as server,
    ):
        stack = LocalStack(server.url)
        stack.create()
        os.environ |= stack.environment("IndexingFunction") | stack.environment("QueryingFunction")
        os.environ |= credentials(OPERATOR)
        fill(stack, chosen.vectors)
        table.write(
            f"{chosen.vectors:,} vectors, top_k {chosen.top_k}, {chosen.questions} questions a mode\n"
            f"{'latency':<10}{'mode':<8}{'bare':>10}{'handler':>10}{'ratio':>8}{'added':>10}\n"
        )
        ratios: list[float] = []
        for latency in (0, chosen.latency):
            delay_vectors(stack.endpoint_url, latency / 1e3)
            for mode in MODES:
                bare, whole = measured(stack, mode, chosen.questions, chosen.top_k)
                ratios.append(statistics.median(b / a for a, b in zip(bare, whole, strict=True)))
                added = statistics.median(b - a for a, b in zip(bare, whole, strict=True))
                table.write(
                    f"{latency:>4.0f} ms   {mode:<8}{statistics.median(bare) * 1e3:>7.1f} ms"
                    f"{statistics.median(whole) * 1e3:>7.1f} ms{ratios[-1]:>8.2f}{added * 1e3:>7.1f} ms\n"
                )
        table.write(f"With latency at most {BOUND}\n")
    return 0 if max(ratios[-len(MODES) :]) <= BOUND else 1


def fill(stack: LocalStack, count: int) -> None:
    """Index documents of one chunk each."""
    s3 = stack.client("s3")
    for n in range(count):
        body = f"Number {n}: " + " ".join(WORDS[(n * k) % len(WORDS)] for k in range(1, 120))
        s3.put_object(Bucket=stack.documents_bucket, Key=f"notes/{n:05}.txt", Body=body.encode())
    poller = QueuePoller(
        stack.client("sqs"),
        stack.queue_url,
        indexing_handler.lambda_handler,
        batch_size=10,
        timeout_seconds=900,
        wait_seconds=0,
    )
    while poller.poll():
        pass


def measured(
    stack: LocalStack, mode: str, questions: int, top_k: int
) -> tuple[list[float], list[float]]:
    """Return the seconds of each question, by bare calls and by the handler, in turns."""
    ask = bare_calls(stack, mode, top_k)
    bare, whole = [], []
    for n in range(WARM + questions):
        question = f"{WORDS[n % len(WORDS)]} {WORDS[n * 7 % len(WORDS)]} {n}"
        sides = [
            (bare, lambda q=question: ask(q)),
            (whole, lambda q=question: by_handler(q, mode, top_k)),
        ]
        answers = []
        for seconds, call in sides if n % 2 else reversed(sides):
            started = time.perf_counter()
            answers.append(call())
            if n >= WARM:
                seconds.append(time.perf_counter() - started)
        if answers[0] != answers[1]:
            raise RuntimeError(f"{question!r}: {answers[0][:3]} and {answers[1][:3]}")
    return bare, whole


def bare_calls(stack: LocalStack, mode: str, top_k: int) -> Callable[[str], list[str]]:
    """Return what asks a question as one would without dropvec: the keys of the matches."""
    session = Session()
    bedrock = session.create_client("bedrock-runtime")
    vectors = session.create_client("s3vectors")
    settings = stack.environment("QueryingFunction")
    bucket, _, prefix = settings["VECTOR_STORE"].removeprefix("s3vectors://").partition("/")

    def ask(question: str) -> list[str]:
        request: dict[str, Any] = {}
        if mode != "text":
            body = orjson.dumps({"inputText": question, "dimensions": 1024, "normalize": True})
            answer = orjson.loads(bedrock.invoke_model(modelId=MODEL, body=body)["body"].read())
            request |= {"queryVector": {"float32": answer["embedding"]}, "returnDistance": True}
        if mode != "vector":
            searched = [{"metadataKey": "value", "text": question}]
            request |= {"queryTexts": searched, "returnScores": True}
        found = vectors.query_vectors(
            vectorBucketName=bucket,
            indexName=f"{prefix}.chunk",
            topK=top_k,
            returnMetadata=True,
            **request,
        )
        return [vector["key"] for vector in found["vectors"]]

    return ask


def by_handler(question: str, mode: str, top_k: int) -> list[str]:
    """Ask the querying function, as API Gateway does: the keys of the matches."""
    body = json.dumps({"query": question, "mode": mode, "top_k": top_k})
    event = {**EVENT, "body": body}
    context: Any = LocalContext("querying", 29)
    answer = handler.lambda_handler(event, context)
    if answer["statusCode"] != 200:
        raise RuntimeError(answer["body"])
    return [match["chunk_id"] for match in json.loads(answer["body"])["matches"]]


if __name__ == "__main__":
    sys.exit(main())

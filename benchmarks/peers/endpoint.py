"""AWS on this machine: counted, delayed, failing, and looked at."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from benchmarks.faults import administer, set_faults
from benchmarks.peers.libraries.interface import BUCKET, INDEX
from benchmarks.peers.model import Model
from benchmarks.request_log import LoggedRequest, RequestLog
from local.aws import AwsEndpoint
from local.stack import LocalStack
from local.wsgi_server import WsgiServer

LATENCY_SECONDS = 0.03
MODELS = "bedrock"
"""What the texts are counted of instead."""


class Endpoint:
    """The services of one run, with a vector bucket."""

    def __init__(self, url: str, log: RequestLog, model: Model) -> None:
        self.url = url
        self.model = model
        self._log = log
        # What moto keeps outlives an endpoint.
        administer(url, "/moto-api/reset")
        self._stack = LocalStack(url, {"VectorStore": f"s3vectors://{BUCKET}"})
        self._client = self._stack.client("s3vectors")
        self._client.create_vector_bucket(vectorBucketName=BUCKET)

    def deploy(self) -> dict[str, str]:
        """Create dropvec's stack; returns its indexing function's environment."""
        self._stack.create()
        return self._stack.environment("IndexingFunction")

    def begin(self, *, failing: float) -> None:
        """Count from now on; S3 Vectors fails so many requests at once, and waits before the others."""
        error = {"error": "ServiceUnavailableException", "probability": failing}
        set_faults(self.url, *([error] if failing else []), {"delaySeconds": LATENCY_SECONDS})
        self._log.requests.clear()
        self.model.embedded = 0

    def requests(self) -> list[LoggedRequest]:
        """Return the requests since then, but for the administration's and the model's."""
        return [r for r in self._log.requests if r.service not in {"unsigned", MODELS}]

    def calm(self) -> None:
        """Answer at once, and fail no more."""
        set_faults(self.url)

    def stored(self) -> dict[str, str]:
        """Return the metadata of all vectors as JSON, by key."""
        pages = self._client.get_paginator("list_vectors").paginate(
            vectorBucketName=BUCKET, indexName=INDEX, returnMetadata=True
        )
        return {
            vector["key"]: json.dumps(vector.get("metadata"))
            for page in pages
            for vector in page["vectors"]
        }


@contextmanager
def serving(dimensions: int) -> Iterator[Endpoint]:
    """Serve an endpoint that nobody has used, with a model of so many dimensions."""
    model = Model(dimensions)
    log = RequestLog(AwsEndpoint(bedrock_runtime=model))
    with WsgiServer(log) as server:
        yield Endpoint(server.url, log, model)


def by_operation(requests: Iterable[LoggedRequest]) -> dict[str, int]:
    """Return how many requests there were: S3 Vectors's by operation, the others' by service."""
    names = (r.operation if r.service == "s3vectors" else r.service for r in requests)
    return dict(Counter(names))

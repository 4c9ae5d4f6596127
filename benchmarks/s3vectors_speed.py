"""How fast and how large the local S3 Vectors is: ratios, measured side by side in one run.

::

    python -m benchmarks.s3vectors_speed

Two kinds of work are done by turns, and a ratio of times is the median of the ratios of the pairs:
what slows the machine for a while slows both of a pair. CPU is that of the whole process. The exit
status is 1 if a ratio is above its bound.
"""

import gc
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import botocore.session
import numpy as np
import orjson
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from numpy.typing import NDArray

from local.s3vectors import S3VectorsService
from local.s3vectors.metadata import metadata_size

VECTORS, DIMENSION, BATCH, TOP_K = 100_000, 1_024, 500, 10
PAIRS, PUT_PAIRS = 40, 8
PLACE = {"vectorBucketName": "speed", "indexName": "chunk"}
HALF = {"year": {"$gte": 2000, "$lt": 2014}}
"""A filter that about every other vector matches."""
TEXT = "Drop a document into a bucket and ask for it by meaning or by words. " * 8


def main() -> int:
    """Print every ratio beside its bound; 0 if all are within."""
    generator = np.random.default_rng(7)
    within = [*_query_ratios(generator), *_put_ratios(generator)]
    return 0 if all(within) else 1


def _query_ratios(generator: np.random.Generator) -> list[bool]:
    matrix = generator.standard_normal((VECTORS, DIMENSION), dtype=np.float32)
    # What the interpreter keeps for the next request is not the index's.
    _service().call("PutVectors", {**PLACE, "vectors": _vectors(matrix[:BATCH], 0)})
    service = _service()
    gc.collect()
    before = _resident_bytes()
    metadata_bytes = 0
    for start in range(0, VECTORS, BATCH):
        vectors = _vectors(matrix[start : start + BATCH], start)
        metadata_bytes += sum(metadata_size(v["metadata"]) for v in vectors)
        service.call("PutVectors", {**PLACE, "vectors": vectors})
    del vectors
    gc.collect()
    stored = _resident_bytes() - before

    queries = generator.standard_normal((PAIRS, DIMENSION), dtype=np.float32)
    bare = [partial(_bare_search, matrix, query) for query in queries]
    all_, half = (
        _compared(
            time.perf_counter,
            [partial(_query, service, query, **filtered) for query in queries.tolist()],
            bare,
        )
        for filtered in ({}, {"filter": HALF})
    )
    raw = matrix.nbytes + metadata_bytes
    return [
        _within(
            "Vector query of 100,000 x 1,024 / bare NumPy product and argpartition",
            all_.in_milliseconds(),
            all_.ratio,
            1.5,
        ),
        _within(
            "The same query with a filter that half of the vectors match / the same NumPy",
            half.in_milliseconds(),
            half.ratio,
            1.5,
        ),
        _within(
            "Memory of 100,000 x 1,024 / raw vectors and metadata",
            f"{stored / 1e6:.0f} MB / {raw / 1e6:.0f} MB",
            stored / raw,
            1.2,
        ),
    ]


def _put_ratios(generator: np.random.Generator) -> list[bool]:
    vectors = _vectors(generator.standard_normal((BATCH, DIMENSION)).astype(np.float32), 0)
    client = _client_that_sends_to_nobody()
    body = orjson.dumps({**PLACE, "vectors": vectors})
    within = []
    with TemporaryDirectory() as folder:
        for where, service in (("memory", _service()), ("a data folder", _service(Path(folder)))):
            put = _compared(
                time.process_time,
                [partial(_parse_and_put, service, body)] * PUT_PAIRS,
                [partial(client.put_vectors, **PLACE, vectors=vectors)] * PUT_PAIRS,
            )
            service.close()
            within.append(
                _within(
                    f"PutVectors of 500 x 1,024, parsed and kept in {where} / botocore sending it",
                    f"{put.in_milliseconds()} of CPU",
                    put.ratio,
                    1.0,
                )
            )
    return within


def _service(data: Path | None = None) -> S3VectorsService:
    service = S3VectorsService(data=data)
    service.call("CreateVectorBucket", {"vectorBucketName": PLACE["vectorBucketName"]})
    settings = {"dataType": "float32", "dimension": DIMENSION, "distanceMetric": "cosine"}
    keys = {"metadataConfiguration": {"nonFilterableMetadataKeys": ["value"]}}
    service.call("CreateIndex", {**PLACE, **settings, **keys})
    return service


def _vectors(rows: NDArray[np.float32], start: int) -> list[dict[str, Any]]:
    return [
        {
            "key": f"{start + i:08x}",
            "data": {"float32": row},
            "metadata": {"value": TEXT + str(start + i), "year": 2000 + i % 27},
        }
        for i, row in enumerate(rows.tolist())
    ]


def _parse_and_put(service: S3VectorsService, body: bytes) -> None:
    service.call("PutVectors", orjson.loads(body))


def _query(service: S3VectorsService, vector: list[float], **more: Any) -> None:
    request = {"topK": TOP_K, "queryVector": {"float32": vector}, "returnDistance": True}
    service.call("QueryVectors", {**PLACE, **request, **more})


def _bare_search(matrix: NDArray[np.float32], query: NDArray[np.float32]) -> None:
    np.argpartition(matrix @ query, -TOP_K)[-TOP_K:]


def _client_that_sends_to_nobody() -> Any:
    client: Any = botocore.session.Session().create_client(
        "s3vectors",
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - not a secret
    )
    answer = AWSResponse("", 200, HTTPHeaders(), _EmptyObject())
    client.meta.events.register("before-send", lambda **_: answer)
    return client


class _EmptyObject:
    """The body of an answer, as urllib3 gives it."""

    def stream(self) -> list[bytes]:
        return [b"{}"]


class _Compared(NamedTuple):
    """The median times of two kinds of work in seconds, and the median of their ratios."""

    ours: float
    theirs: float
    ratio: float

    def in_milliseconds(self) -> str:
        return f"{self.ours * 1e3:.1f} ms / {self.theirs * 1e3:.1f} ms"


def _compared(
    clock: Callable[[], float],
    ours: Sequence[Callable[[], object]],
    theirs: Sequence[Callable[[], object]],
) -> _Compared:
    """Two kinds of work, done by turns; the first pair warms up, and each goes first in turn."""
    pairs = []
    for number, pair in enumerate(zip(ours, theirs, strict=True)):
        taken = [0.0, 0.0]
        for side in (0, 1) if number % 2 else (1, 0):
            start = clock()
            pair[side]()
            taken[side] = clock() - start
        pairs.append(taken)
    del pairs[0]
    return _Compared(
        statistics.median(one for one, _ in pairs),
        statistics.median(other for _, other in pairs),
        statistics.median(one / other for one, other in pairs),
    )


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def _within(what: str, measured: str, ratio: float, bound: float) -> bool:
    print(f"{what}: {measured} = {ratio:.2f} (at most {bound})")  # noqa: T201 - its output
    return ratio <= bound


if __name__ == "__main__":
    sys.exit(main())

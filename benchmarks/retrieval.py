"""How well questions find their documents: nDCG@10, recall@10 and hit@1 of the whole path.

    python -m benchmarks.retrieval FOLDER [--collection aws-guides] [--cache FILE] [--splitters]

Documents go in through the documents bucket and questions through the HTTP API of a local stack. A
document's place is that of its best chunk. FOLDER holds collections with judged questions:
`xquad-en.jsonl` (paragraphs, each with its questions), or `aws-guides.tar.xz` (Markdown pages) with
`aws-guides.questions.jsonl` (each question with the page that answers it).

`--splitters` (after `make bench-setup`) measures other ways of cutting the same documents too, with the
same embedder and search: dropvec's chunks without what stands in front of them, and the splitters of
langchain and llama-index as they come. The embedder makes about 15 passages a second and processor;
with `--cache` it is asked once for each text. `--documents` leaves out some that answer no question.
"""

import argparse
import json
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from itertools import chain
from pathlib import Path

from benchmarks.embedding_cache import CachedMiniLM
from benchmarks.judged_collections import LOADERS, Judged, Quality
from benchmarks.passage_index import TOP_K, PassageIndex
from benchmarks.splitters import SPLITTERS, passages
from local import bedrock
from local.bedrock import MiniLM
from local.running import Running, running
from local.stack import VECTOR_STORE
from vector_store import ConnectionString, IndexName
from vector_store.chunk_record import from_metadata

MODES = ("hybrid", "vector", "text")

Ask = Callable[[str, str], list[str]]
"""From a question and a mode to the documents found, best first."""


def main() -> int:
    """Measure one collection, and print its rows."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--collection", choices=sorted(LOADERS), default="xquad-en")
    arguments.add_argument("--documents", type=int, help="take so many, all that answer among them")
    arguments.add_argument("--questions", type=int, help="ask the first so many only")
    arguments.add_argument("--cache", default=":memory:", help="a file that keeps embeddings")
    arguments.add_argument(
        *("--parameter", "-p"),
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="of the template, such as ChunkSize=500",
    )
    arguments.add_argument("--splitters", action="store_true", help="cut in other ways too")
    chosen = arguments.parse_args()
    try:
        collection = LOADERS[chosen.collection](chosen.folder).cut_to(chosen.documents)
    except FileNotFoundError as error:
        sys.stderr.write(f"{chosen.folder} lacks {Path(error.filename).name}\n")
        return 2
    questions = collection.questions[: chosen.questions]
    settings = dict(parameter.split("=", 1) for parameter in chosen.parameter)
    sys.stdout.write(
        f"{'':<28}{'chunks':>8}  {'mode':<8}{'nDCG@10':>9}{'recall@10':>11}{'hit@1':>8}\n"
    )
    with closing(CachedMiniLM(chosen.cache)) as minilm:
        chunks = measure_deployment(collection.documents, questions, minilm, settings)
        if chosen.splitters:
            measure_passages("dropvec, chunks alone", chunks, questions, minilm)
            texts = [(key, body.decode()) for key, body in collection.documents.items()]
            for name in SPLITTERS:
                measure_passages(name, passages(name, texts), questions, minilm)
    return 0


def measure_deployment(
    documents: Mapping[str, bytes],
    questions: Sequence[Judged],
    minilm: MiniLM,
    parameters: Mapping[str, str],
) -> list[tuple[str, str]]:
    """Print the rows of a local stack; return its chunks, each after its document's key."""
    with running(
        aws_port=0,
        api_port=0,
        bedrock_runtime=partial(bedrock.application, minilm=minilm),
        parameters=parameters,
    ) as deployment:
        index(deployment, documents)
        chunks = list(stored_chunks(deployment))
        measure("dropvec", len(chunks), questions, partial(found, deployment.api_url))
    return chunks


def measure_passages(
    name: str, passages: Sequence[tuple[str, str]], questions: Sequence[Judged], minilm: MiniLM
) -> None:
    """Print the rows of passages that are searched as they are."""
    measure(name, len(passages), questions, PassageIndex(passages, minilm).documents)


def measure(name: str, count: int, questions: Sequence[Judged], ask: Ask) -> None:
    """Ask everything in each mode, and print the rows."""
    for mode in MODES:
        answers = [(judged.document, ask(judged.question, mode)) for judged in questions]
        quality = Quality.of(
            keys.index(document) if document in keys else None for document, keys in answers
        )
        sys.stdout.write(
            f"{name:<28}{count:>8,}  {mode:<8}{quality.ndcg:>9.4f}{quality.recall:>11.3f}"
            f"{quality.hit:>8.3f}\n"
        )
        sys.stdout.flush()


def index(deployment: Running, documents: Mapping[str, bytes]) -> None:
    """Drop the documents, and wait for the queue to run dry; RuntimeError where one is not indexed."""
    stack = deployment.stack
    s3, sqs = stack.client("s3"), stack.client("sqs")
    for key, body in documents.items():
        s3.put_object(Bucket=stack.documents_bucket, Key=key, Body=body)
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    while any(
        int(count)
        for count in sqs.get_queue_attributes(QueueUrl=stack.queue_url, AttributeNames=names)[
            "Attributes"
        ].values()
    ):
        time.sleep(0.5)
    pages = stack.client("dynamodb").get_paginator("scan").paginate(TableName=stack.catalog_table)
    entries = [item for page in pages for item in page["Items"] if "chunk_count" in item]
    failed = [item["sk"]["S"] for item in entries if item["state"]["S"] != "INDEXED"]
    if failed or len(entries) != len(documents):
        raise RuntimeError(f"{len(entries)} of {len(documents)} indexed, {failed[:5]} not")


def found(api_url: str | None, question: str, mode: str) -> list[str]:
    """Ask through the HTTP API: the documents of the best chunks, each where its first one is."""
    body = json.dumps({"query": question, "mode": mode, "top_k": TOP_K}).encode()
    request = urllib.request.Request(  # noqa: S310 - an address of this machine
        f"{api_url}/query", data=body, headers={"content-type": "application/json"}
    )
    with urllib.request.urlopen(request) as response:  # noqa: S310 - the same
        answer = json.load(response)
    if answer["mode"] != mode:
        raise RuntimeError(f"asked in mode {mode}, answered in {answer['mode']}")
    return list(dict.fromkeys(match["document"]["key"] for match in answer["matches"]))


def stored_chunks(deployment: Running) -> Iterator[tuple[str, str]]:
    """Yield all chunks as they stand in the documents, without what is put in front of them."""
    connection = ConnectionString.parse(VECTOR_STORE)
    pages = (
        deployment.stack.client("s3vectors")
        .get_paginator("list_vectors")
        .paginate(
            vectorBucketName=connection.bucket_name,
            indexName=str(IndexName("chunk", prefix=connection.index_prefix)),
            returnMetadata=True,
        )
    )
    for vector in chain.from_iterable(page["vectors"] for page in pages):
        record = from_metadata(vector["metadata"])
        yield record.document_key, record.text


if __name__ == "__main__":
    sys.exit(main())

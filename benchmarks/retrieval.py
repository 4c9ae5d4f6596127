"""How well questions find their documents: nDCG@10, recall@10 and hit@1 of the whole path.

    python -m benchmarks.retrieval FOLDER [--collection xquad-en] [--questions 100]

Documents go in through the documents bucket and questions through the HTTP API of a local stack. A
document's score is that of its best chunk. FOLDER holds collections with judged questions:
`xquad-en.jsonl` (paragraphs, each with its questions), or `aws-guides.tar.xz` (Markdown pages) with
`aws-guides.questions.jsonl` (each question with the page that answers it).
"""

import argparse
import json
import math
import sys
import tarfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.running import Running, running

TOP_K = 100
"""Chunks asked for: enough for ten documents, when several chunks of one come first."""

CUT_OFF = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """A question, and the one document that answers it."""

    question: str
    document: str


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents by key, and the questions that are asked of them."""

    documents: dict[str, bytes]
    questions: list[Judged]


def main() -> int:
    """Measure one collection, and print its row."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--collection", choices=sorted(LOADERS), default="xquad-en")
    arguments.add_argument("--questions", type=int, help="ask the first so many only")
    chosen = arguments.parse_args()
    try:
        collection = LOADERS[chosen.collection](chosen.folder)
    except FileNotFoundError as error:
        sys.stderr.write(f"{chosen.folder} lacks {Path(error.filename).name}\n")
        return 2
    questions = collection.questions[: chosen.questions]
    with running(aws_port=0, api_port=0) as deployment:
        seconds, chunks = index(deployment, collection.documents)
        ranks = [rank(deployment, judged) for judged in questions]
    found = [position for position in ranks if position is not None and position < CUT_OFF]
    sys.stdout.write(
        f"{chosen.collection}: {len(collection.documents)} documents, {chunks} chunks indexed in "
        f"{seconds:.0f} s; {len(questions)} questions: "
        f"nDCG@{CUT_OFF} {sum(1 / math.log2(p + 2) for p in found) / len(ranks):.3f}, "
        f"recall@{CUT_OFF} {len(found) / len(ranks):.3f}, "
        f"hit@1 {ranks.count(0) / len(ranks):.3f}\n"
    )
    return 0


def index(deployment: Running, documents: dict[str, bytes]) -> tuple[float, int]:
    """Drop the documents, wait for the queue to run dry, and return the seconds and the chunks."""
    stack = deployment.stack
    s3, sqs, dynamodb = stack.client("s3"), stack.client("sqs"), stack.client("dynamodb")
    started = time.monotonic()
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
    seconds = time.monotonic() - started
    pages = dynamodb.get_paginator("scan").paginate(TableName=stack.catalog_table)
    entries = [item for page in pages for item in page["Items"] if "chunk_count" in item]
    failed = [item["sk"]["S"] for item in entries if item["state"]["S"] != "INDEXED"]
    if failed:
        raise RuntimeError(f"not indexed: {failed[:5]}")
    return seconds, sum(int(item["chunk_count"]["N"]) for item in entries)


def rank(deployment: Running, judged: Judged) -> int | None:
    """Return the position of the right document among the found ones, 0 for the first."""
    body = json.dumps({"query": judged.question, "top_k": TOP_K}).encode()
    request = urllib.request.Request(  # noqa: S310 - an address of this machine
        f"{deployment.api_url}/query", data=body, headers={"content-type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - the same
        matches = json.load(answer)["matches"]
    documents = list(dict.fromkeys(match["document"]["key"] for match in matches))
    return documents.index(judged.document) if judged.document in documents else None


def xquad(folder: Path) -> Collection:
    """240 paragraphs of Wikipedia, 1,190 questions."""
    documents, questions = {}, []
    for paragraph in _lines(folder / "xquad-en.jsonl"):
        key = f"{paragraph['document']}.txt"
        documents[key] = paragraph["text"].encode()
        questions += [Judged(asked["question"], key) for asked in paragraph["questions"]]
    return Collection(documents, questions)


def aws_guides(folder: Path) -> Collection:
    """2,757 pages of developer guides, 100 questions."""
    with tarfile.open(folder / "aws-guides.tar.xz") as archive:
        documents = {
            member.name: archive.extractfile(member).read()  # type: ignore[union-attr] # a file
            for member in archive
            if member.isfile() and member.name.endswith(".md")
        }
    questions = [
        Judged(line["question"], line["document"])
        for line in _lines(folder / "aws-guides.questions.jsonl")
    ]
    return Collection(documents, questions)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open() as lines:
        yield from map(json.loads, lines)


LOADERS = {"xquad-en": xquad, "aws-guides": aws_guides}

if __name__ == "__main__":
    sys.exit(main())

"""Collections of documents with questions that are known to be answered by one of them."""

import json
import math
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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

    def cut_to(self, count: int | None) -> "Collection":
        """Return it with so many documents: all that answer, and some of the others, evenly."""
        answering = {judged.document for judged in self.questions}
        others = [key for key in self.documents if key not in answering]
        room = len(others) if count is None else count - len(answering)
        room = max(0, min(room, len(others)))
        kept = answering.union(others[n * len(others) // room] for n in range(room))
        documents = {key: body for key, body in self.documents.items() if key in kept}
        return Collection(documents, self.questions)


@dataclass(frozen=True, slots=True)
class Quality:
    """How well questions found their documents: means over the questions, 0 to 1."""

    ndcg: float
    """1 for a document in the first place, less the later it comes, 0 from the eleventh on."""
    recall: float
    """Of the document among the first ten."""
    hit: float
    """Of the document in the first place."""

    @classmethod
    def of(cls, places: Iterable[int | None]) -> "Quality":
        """Return it for the places of the right documents, 0 for the first; None where not found."""
        all_places = list(places)
        found = [place for place in all_places if place is not None and place < CUT_OFF]
        gain = sum(1 / math.log2(place + 2) for place in found)
        count = len(all_places)
        return cls(gain / count, len(found) / count, found.count(0) / count)


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


LOADERS = {"aws-guides": aws_guides, "xquad-en": xquad}

"""Passages from anywhere, searched as dropvec's are: by the same embedder and the local S3 Vectors."""

from collections.abc import Sequence
from typing import Any

from local.bedrock import MiniLM
from local.bedrock.minilm import DIMENSIONS
from local.s3vectors import S3VectorsService
from querying.search import words
from vector_store import TextLanguage

TOP_K = 100
"""Passages asked for: enough for ten documents, when several passages of one come first."""

MAX_VECTORS = 500
"""The most of a PutVectors."""

_INDEX = {"vectorBucketName": "passages", "indexName": "chunk"}


class PassageIndex:
    """An index of nothing but passages and the documents that they are of."""

    def __init__(self, passages: Sequence[tuple[str, str]], minilm: MiniLM) -> None:
        self._minilm = minilm
        self._service = S3VectorsService()
        self._service.call("CreateVectorBucket", {"vectorBucketName": "passages"})
        metadata = {
            "nonFilterableMetadataKeys": ["value"],
            "textSearchConfigurations": [TextLanguage.STANDARD.searchable],
        }
        settings = {"dataType": "float32", "dimension": DIMENSIONS, "distanceMetric": "cosine"}
        self._service.call("CreateIndex", _INDEX | settings | {"metadataConfiguration": metadata})
        for start in range(0, len(passages), MAX_VECTORS):
            self._put(start, passages[start : start + MAX_VECTORS])

    def _put(self, first: int, passages: Sequence[tuple[str, str]]) -> None:
        embeddings = self._minilm.embed([text for _, text in passages])
        vectors = [
            {
                "key": str(number),
                "data": {"float32": embedding.tolist()},
                "metadata": {"value": text, "document": document},
            }
            for number, ((document, text), embedding) in enumerate(
                zip(passages, embeddings, strict=True), first
            )
        ]
        self._service.call("PutVectors", _INDEX | {"vectors": vectors})

    def documents(self, question: str, mode: str) -> list[str]:
        """Return the documents of the best passages, each where its first one is."""
        request: dict[str, Any] = _INDEX | {"topK": TOP_K, "returnMetadata": True}
        if mode != "text":
            [embedding] = self._minilm.embed([question])
            request |= {"queryVector": {"float32": embedding.tolist()}}
        if mode != "vector":
            text = words(question, TextLanguage.STANDARD)
            request |= {"queryTexts": [{"metadataKey": "value", "text": text}]}
        found = self._service.call("QueryVectors", request)["vectors"]
        return list(dict.fromkeys(vector["metadata"]["document"] for vector in found))

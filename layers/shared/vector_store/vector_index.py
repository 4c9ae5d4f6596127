"""One vector index, for a reader.

This module, `writable_index`, `put_body`, `query_body`, `index_setup` and `chunk_indexes` alone
speak the service's own names (`topK`, `float32`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vector_store.answers import read_answers
from vector_store.body_swap import as_query_vector, let_bodies_pass
from vector_store.errors import VectorLimitError
from vector_store.index_name import IndexName
from vector_store.index_setup import (
    DISTANCE_METRIC,
    TextSearch,
    check_distance_metric,
    check_index,
    knows_text_search,
)
from vector_store.query_body import query_body
from vector_store.service_errors import service_errors
from vector_store.vector import SEARCHABLE_KEY, Match, MatchPage, StoredVector

if TYPE_CHECKING:
    from mypy_boto3_s3vectors import S3VectorsClient

MAX_GET_KEYS = 100
MAX_LIST_VECTORS = 1_000
MAX_TOP_K = 10_000
MAX_PAGE_MATCHES = 100
MAX_TEXT_CHARACTERS = 1_024
"""Of the words of one query."""


class VectorIndex:
    """A tenant's vector index, for reading; its write methods do not exist.

    Every method raises VectorIndexNotFoundError when the index is missing, and else the errors
    that `vector_store.errors` lists for the service's.
    """

    def __init__(self, client: "S3VectorsClient", bucket_name: str, name: IndexName) -> None:
        let_bodies_pass(client)
        read_answers(client)
        self._client = client
        self.bucket_name = bucket_name
        self.index_name = name

    @property
    def name(self) -> str:
        """The index name that the service knows."""
        return str(self.index_name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.bucket_name!r}, {self.name!r})"

    def inspect(self, dimensions: int) -> TextSearch:
        """Return whether the index can be searched by words, as the service says now.

        Raises IndexMismatchError unless it holds cosine vectors of these dimensions. Costs 22 queries.
        """
        return check_index(self._client, self.bucket_name, self.name, dimensions)

    def query(
        self,
        embedding: Sequence[float] | None = None,
        *,
        text: str | None = None,
        top_k: int,
        filter: Mapping[str, Any] | None = None,
    ) -> list[Match]:
        """Return the best matches, best first: at most `top_k` (1 to 10,000) that pass the filter.

        Ranked by distance from the embedding, by the words of the text (1 to 1,024 characters), or
        by both fused. One request for every 100 matches. Raises IndexMismatchError where distances
        are not cosine distances.
        """
        page = self.query_page(embedding, text=text, top_k=top_k, filter=filter)
        matches = page.matches
        while page.next_token:
            page = self.query_page(
                embedding, text=text, top_k=top_k, filter=filter, page_token=page.next_token
            )
            matches += page.matches
        return matches

    def query_page(
        self,
        embedding: Sequence[float] | None = None,
        *,
        text: str | None = None,
        top_k: int,
        filter: Mapping[str, Any] | None = None,
        page_token: str | None = None,
    ) -> MatchPage:
        """Return up to 100 of the matches of `query`: the first, or those after a page's token.

        A token goes with the query that it came from, and expires.
        """
        if not 1 <= top_k <= MAX_TOP_K:
            raise VectorLimitError(f"top_k is {top_k}; one query takes 1 to {MAX_TOP_K:,}")
        if text is not None and not 1 <= len(text) <= MAX_TEXT_CHARACTERS:
            raise VectorLimitError(
                f"the text has {len(text):,} characters; one query takes 1 to {MAX_TEXT_CHARACTERS:,}"
            )
        request: dict[str, Any] = {
            "vectorBucketName": self.bucket_name,
            "indexName": self.name,
            "topK": top_k,
            "returnMetadata": True,
        }
        if embedding is not None:
            request["returnDistance"] = True
        if text is not None:
            searched = [{"metadataKey": SEARCHABLE_KEY, "text": text}]
            request |= {"queryTexts": searched, "returnScores": True}
        if filter:
            request["filter"] = filter
            if knows_text_search(self._client):
                # A CLASSIC index looks for matches among the nearest only.
                request["queryMode"] = "ENHANCED"
        if page_token:
            request["nextToken"] = page_token
        if embedding is not None:
            request["queryVector"] = as_query_vector(query_body(request, embedding))
        with service_errors(f"query of index {self.name}"):
            answer = self._client.query_vectors(**request)
        # What is searched by words alone may have been searched by none.
        metric = answer.get("distanceMetric", DISTANCE_METRIC)
        check_distance_metric(self.bucket_name, self.name, metric)
        matches = [_match(vector) for vector in answer["vectors"]]
        return MatchPage(matches, answer.get("nextToken"))

    def get(self, keys: Iterable[str], *, with_embeddings: bool = False) -> dict[str, StoredVector]:
        """Return the vectors of these keys that exist, by key."""
        found = {}
        for part in _batches(list(keys), MAX_GET_KEYS):
            with service_errors(f"get from index {self.name}"):
                answer = self._client.get_vectors(
                    vectorBucketName=self.bucket_name,
                    indexName=self.name,
                    keys=part,
                    returnData=with_embeddings,
                    returnMetadata=True,
                )
            for vector in answer["vectors"]:
                embedding = vector["data"]["float32"] if with_embeddings else None
                found[vector["key"]] = StoredVector(
                    vector["key"], vector.get("metadata", {}), embedding
                )
        return found

    def pages(self) -> Iterator[list[StoredVector]]:
        """Yield all vectors with their metadata, as many at a time as the service answers at once.

        That is at most 1,000, and a megabyte. No function's role allows it: it is the operator's.
        """
        page: dict[str, Any] = {}
        while True:
            with service_errors(f"listing of index {self.name}"):
                answer = self._client.list_vectors(
                    vectorBucketName=self.bucket_name,
                    indexName=self.name,
                    maxResults=MAX_LIST_VECTORS,
                    returnMetadata=True,
                    **page,
                )
            yield [
                StoredVector(vector["key"], vector.get("metadata", {}), None)
                for vector in answer["vectors"]
            ]
            if "nextToken" not in answer:
                return
            page = {"nextToken": answer["nextToken"]}


def _match(vector: Mapping[str, Any]) -> Match:
    scores = vector.get("scores", {})
    distance = vector.get("distance", scores.get("vectorDistance"))
    bm25 = [text["score"] for text in scores.get("bm25Scores", [])]  # of the one key asked
    return Match(
        key=vector["key"],
        metadata=vector.get("metadata", {}),
        distance=distance,
        bm25=bm25[0] if bm25 else None,
        fused=scores.get("fused"),
    )


def _batches(items: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]

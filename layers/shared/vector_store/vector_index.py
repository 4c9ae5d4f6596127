"""One vector index: what a reader may do with it, and what a writer may.

This module and `index_setup` alone speak the service's own names (`topK`, `float32`).
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vector_store.errors import VectorIndexNotFoundError, VectorLimitError
from vector_store.index_name import IndexName
from vector_store.index_setup import (
    TextSearch,
    bucket_exists,
    check_index,
    ensure_index,
    knows_text_search,
)
from vector_store.service_errors import service_errors
from vector_store.vector import (
    SEARCHABLE_KEY,
    Match,
    MatchPage,
    StoredVector,
    Vector,
    check_vector,
)

if TYPE_CHECKING:
    from mypy_boto3_s3vectors import S3VectorsClient
    from mypy_boto3_s3vectors.type_defs import PutInputVectorTypeDef

MAX_PUT_VECTORS = 500
MAX_PUT_BODY_BYTES = 20_971_520
MAX_DELETE_KEYS = 500
MAX_GET_KEYS = 100
MAX_TOP_K = 10_000
MAX_PAGE_MATCHES = 100
MAX_TEXT_CHARACTERS = 1_024
"""Of the words of one query."""

# At most what one float prints as in botocore's JSON: sign, 17 digits, point, exponent, comma, space.
_BYTES_PER_COMPONENT = 26
_BYTES_AROUND_VECTOR = 100
_BYTES_AROUND_BODY = 500


def _nothing() -> None:
    """Let every request be sent."""


class VectorIndex:
    """A tenant's vector index, for reading; its write methods do not exist.

    Every method raises VectorIndexNotFoundError when the index is missing, and else the errors
    that `vector_store.errors` lists for the service's.
    """

    def __init__(self, client: "S3VectorsClient", bucket_name: str, name: IndexName) -> None:
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
        try:
            return check_index(self._client, self.bucket_name, self.name, dimensions)
        except VectorIndexNotFoundError as error:
            if bucket_exists(self._client, self.bucket_name):
                raise
            raise VectorIndexNotFoundError(
                f"vector bucket {self.bucket_name} does not exist; it is created when the first "
                "document is indexed"
            ) from error

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
        by both fused. One request for every 100 matches.
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
        request: dict[str, Any] = {}
        if embedding is not None:
            request |= {"queryVector": {"float32": list(embedding)}, "returnDistance": True}
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
        with service_errors(f"query of index {self.name}"):
            answer = self._client.query_vectors(
                vectorBucketName=self.bucket_name,
                indexName=self.name,
                topK=top_k,
                returnMetadata=True,
                **request,
            )
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


class WritableVectorIndex(VectorIndex):
    """A tenant's vector index, for writing; it is created when it is missing."""

    def __init__(self, client: "S3VectorsClient", bucket_name: str, name: IndexName) -> None:
        super().__init__(client, bucket_name, name)
        self._prepared: int | None = None

    def prepare(self, dimensions: int) -> None:
        """Return with the index there; IndexMismatchError unless it fits vectors of these dimensions.

        The service is asked once per object.
        """
        if self._prepared != dimensions:
            ensure_index(self._client, self.bucket_name, self.name, dimensions)
            self._prepared = dimensions

    def trust(self, dimensions: int | None) -> None:
        """Take it that the index is there and fits vectors of these dimensions, as somebody saw.

        With None, `prepare` asks the service again.
        """
        self._prepared = dimensions

    def put(
        self, vectors: Iterable[Vector], *, before_request: Callable[[], None] = _nothing
    ) -> int:
        """Return how many vectors were stored: all, in requests as large as the limits allow for sure.

        `before_request` is called before each of them, and may raise to stop.
        Raises VectorLimitError for a vector that the service would refuse, before the request
        that it would have been in: the service refuses all vectors of a request for one.
        """
        count = 0
        for batch in _put_batches(self._checked(vectors)):
            before_request()
            with service_errors(f"put into index {self.name}"):
                self._client.put_vectors(
                    vectorBucketName=self.bucket_name, indexName=self.name, vectors=batch
                )
            count += len(batch)
        return count

    def _checked(self, vectors: Iterable[Vector]) -> Iterator[Vector]:
        for vector in vectors:
            dimensions = self._prepared or len(vector.embedding)
            check_vector(vector, dimensions)
            self.prepare(dimensions)
            yield vector

    def delete(self, keys: Iterable[str], *, before_request: Callable[[], None] = _nothing) -> None:
        """Return with none of the keys in the index; keys that were not there are no error.

        `before_request` is called before each request, and may raise to stop.
        """
        for part in _batches(list(keys), MAX_DELETE_KEYS):
            before_request()
            with service_errors(f"delete from index {self.name}"):
                self._client.delete_vectors(
                    vectorBucketName=self.bucket_name, indexName=self.name, keys=part
                )


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


def _put_batches(vectors: Iterable[Vector]) -> Iterator[list["PutInputVectorTypeDef"]]:
    batch: list[PutInputVectorTypeDef] = []
    body_bytes = _BYTES_AROUND_BODY
    for vector in vectors:
        vector_bytes = _body_bytes(vector)
        if batch and (
            len(batch) == MAX_PUT_VECTORS or body_bytes + vector_bytes > MAX_PUT_BODY_BYTES
        ):
            yield batch
            batch, body_bytes = [], _BYTES_AROUND_BODY
        batch.append(
            {
                "key": vector.key,
                "data": {"float32": list(vector.embedding)},
                "metadata": dict(vector.metadata),
            }
        )
        body_bytes += vector_bytes
    if batch:
        yield batch


def _body_bytes(vector: Vector) -> int:
    """At most what the vector takes in a request body."""
    return (
        _BYTES_AROUND_VECTOR
        + len(json.dumps(vector.key))
        + len(json.dumps(vector.metadata))
        + _BYTES_PER_COMPONENT * len(vector.embedding)
    )

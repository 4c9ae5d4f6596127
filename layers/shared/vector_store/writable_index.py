"""One vector index, for a writer."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from vector_store.body_swap import as_vectors
from vector_store.index_name import IndexName
from vector_store.index_setup import TextLanguage, ensure_index
from vector_store.one_ahead import OneAhead
from vector_store.put_body import PutBody, put_bodies
from vector_store.service_errors import service_errors
from vector_store.unanswered import told_of_unanswered, watch_attempts
from vector_store.vector import Vector, check_vector
from vector_store.vector_index import VectorIndex
from vector_store.write_rate import WriteRate

if TYPE_CHECKING:
    from mypy_boto3_s3vectors import S3VectorsClient

MAX_DELETE_KEYS = 500


def _nothing(_keys: Sequence[str]) -> None:
    """Let every request be sent, and take no note of it."""


class WritableVectorIndex(VectorIndex):
    """A tenant's vector index, for writing; it is created when it is missing.

    Its requests keep to a rate, of this object alone: one process has one object of an index, and
    one thread at a time writes by it.
    """

    def __init__(
        self,
        client: "S3VectorsClient",
        bucket_name: str,
        name: IndexName,
        *,
        rate: WriteRate,
        text_language: TextLanguage = TextLanguage.STANDARD,
        kms_key_arn: str | None = None,
    ) -> None:
        super().__init__(client, bucket_name, name)
        watch_attempts(client)
        self._kms_key_arn = kms_key_arn
        self._prepared: int | None = None
        self._rate = rate
        self._text_language = text_language

    def prepare(self, dimensions: int) -> None:
        """Return with the index there; IndexMismatchError unless it fits vectors of these dimensions.

        The service is asked once per object.
        """
        if self._prepared != dimensions:
            ensure_index(
                self._client,
                self.bucket_name,
                self.name,
                dimensions,
                text_language=self._text_language,
                kms_key_arn=self._kms_key_arn,
            )
            self._prepared = dimensions

    def trust(self, dimensions: int | None) -> None:
        """Take it that the index is there and fits vectors of these dimensions, as somebody saw.

        With None, `prepare` asks the service again.
        """
        self._prepared = dimensions

    def put(
        self,
        vectors: Iterable[Vector],
        *,
        before_request: Callable[[Sequence[str]], None] = _nothing,
        after_request: Callable[[Sequence[str]], None] = _nothing,
        unanswered: Callable[[Sequence[str]], None] = _nothing,
    ) -> int:
        """Return how many vectors were stored: all, in order, in the fewest requests that the limits allow.

        No request has more vectors than this writer may send in a second. While a full one waits for
        its turn and is on its way, the vectors of the next are taken from the iterable: no more than
        two bodies are held. `before_request` is called with the keys of each request before it waits
        and is sent, which takes LONGEST_WRITE_SECONDS at most, and may raise to stop; `after_request`
        when they are stored. Both are called by this thread, and when an error stops the put, no
        request is under way any more. `unanswered` is called with the keys, by the thread that sends
        them, for each attempt that had no answer: it may be carried out late, whatever comes of the
        next one.
        Raises VectorLimitError for a vector that the service would refuse, before the request
        that it would have been in: the service refuses all vectors of a request for one.
        """
        count = 0
        send = partial(self._send, unanswered=unanswered)
        with OneAhead(send, lambda body: after_request(body.keys)) as requests:
            for body in put_bodies(
                self.bucket_name,
                self.name,
                self._checked(vectors),
                max_vectors=self._rate.max_vectors,
            ):
                requests.wait()
                before_request(body.keys)
                if body.is_full:
                    requests.start(body)
                else:
                    requests.run(body)
                count += len(body.keys)
        return count

    def _checked(self, vectors: Iterable[Vector]) -> Iterator[Vector]:
        for vector in vectors:
            dimensions = self._prepared or len(vector.embedding)
            check_vector(vector, dimensions)
            self.prepare(dimensions)
            yield vector

    def _send(self, body: PutBody, *, unanswered: Callable[[Sequence[str]], None]) -> None:
        with self._request("put into", body.keys, unanswered):
            self._client.put_vectors(
                vectorBucketName=self.bucket_name, indexName=self.name, vectors=as_vectors(body)
            )

    @contextmanager
    def _request(
        self, what: str, keys: Sequence[str], unanswered: Callable[[Sequence[str]], None]
    ) -> Iterator[None]:
        with (
            self._rate.room_for(len(keys)),
            service_errors(f"{what} index {self.name}"),
            told_of_unanswered(lambda: unanswered(keys)),
        ):
            yield

    def delete(
        self,
        keys: Iterable[str],
        *,
        before_request: Callable[[Sequence[str]], None] = _nothing,
        after_request: Callable[[Sequence[str]], None] = _nothing,
        unanswered: Callable[[Sequence[str]], None] = _nothing,
    ) -> None:
        """Return with none of the keys in the index; keys that were not there are no error.

        `before_request`, `after_request` and `unanswered` are called with the keys of each request,
        as by `put`.
        """
        unwanted = list(keys)
        size = min(MAX_DELETE_KEYS, self._rate.max_vectors)
        for start in range(0, len(unwanted), size):
            part = unwanted[start : start + size]
            before_request(part)
            with self._request("delete from", part, unanswered):
                self._client.delete_vectors(
                    vectorBucketName=self.bucket_name, indexName=self.name, keys=part
                )
            after_request(part)

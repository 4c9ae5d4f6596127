"""Writing the chunks of several documents into one tenant's index, in as few calls as the limits allow."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial

from msgspec import Struct

from catalog import LeaseTooShortError
from embedding import LONGEST_CALL_SECONDS as LONGEST_EMBEDDING_SECONDS
from embedding import Embedder, EmbeddingAccessError, EmbeddingError, EmbeddingUnavailableError
from indexing.passages import Passage
from indexing.registrations import Registrations
from indexing.work import Work
from vector_store import (
    LONGEST_CALL_SECONDS,
    LONGEST_WRITE_SECONDS,
    StoredVector,
    TenantId,
    Vector,
    WritableVectorIndex,
)
from vector_store.chunk_record import embedding_model
from vector_store.errors import VectorIndexNotFoundError
from vector_store.metadata_digest import metadata_digest

PASSAGES_PER_ROUND = 500
"""Read back, embedded and put together: what one PutVectors takes."""

_PASSING = (EmbeddingAccessError, EmbeddingUnavailableError, LeaseTooShortError)
"""What stops the work at some documents for now, and says nothing of those that are whole."""


class _Item(Struct, frozen=True):
    work: Work
    passage: Passage

    @property
    def is_new(self) -> bool:
        return self.passage.key in self.work.plan.new

    def note_written(self) -> None:
        """Take it that the index holds the passage as it is wanted."""
        self.work.written[self.passage.key] = self.passage.digest


class Writer:
    """Makes indexes hold what their documents' work wants."""

    def __init__(
        self,
        registrations: Registrations,
        embedder: Embedder,
        *,
        counted: Callable[[TenantId, int], None],
    ) -> None:
        """Take the collaborators; `counted` is told of the tokens of each embedding call, and whose."""
        self._registrations = registrations
        self._embedder = embedder
        self._counted = counted

    def write(
        self,
        index: WritableVectorIndex,
        works: Sequence[Work],
        *,
        before_deleting: Callable[[Work], None],
    ) -> None:
        """Put what is new or changed, then delete what is unwanted: a document is never missing.

        `before_deleting` is called for each work when all is put; of one for which it raises,
        nothing is deleted, and the work has the failure.

        Before each request every document must be held for longer than the request can take
        (LeaseTooShortError). Where that, or an answer of the model, is missing for some works, those
        have the failure, and the others are written. Raises the stores' own errors, and the model's of
        a text; what was written stays written, and each work notes it.
        """
        works = [work for work in works if not work.is_done]
        self._put_missing(index, works)
        for work in works:
            try:
                if not work.failure:
                    before_deleting(work)
            except Exception as error:  # noqa: BLE001 - one document must not fail the others
                work.failure = error
        works = [work for work in works if not work.failure]
        try:
            self._delete(index, works)
        except VectorIndexNotFoundError:
            # Without the index, none of the unwanted keys is in it.
            if any(work.passages for work in works):
                raise
        except LeaseTooShortError as error:
            for work in works:
                work.failure = None if work.is_deleted else error
        for work in works:
            work.is_done = not work.failure

    def _put_missing(self, index: WritableVectorIndex, works: Sequence[Work]) -> None:
        items = [
            _Item(work, passage)
            for work in works
            for passage in work.passages
            if passage.key not in work.written
        ]
        items.sort(key=lambda item: not item.is_new)
        failure: Exception | None = None
        try:
            if items:
                _require(works, LONGEST_CALL_SECONDS)
                self._registrations.prepare(index, works[0].claim.entry.index)
                self._put(index, items)
        except VectorIndexNotFoundError:
            self._registrations.forget(index, works[0].claim.entry.index)
            raise
        except _PASSING as error:
            failure = error
        for work in works:
            work.failure = None if work.is_put else failure

    def _put(self, index: WritableVectorIndex, items: Sequence[_Item]) -> None:
        by_key = {item.passage.key: item for item in items}
        work_of = {key: item.work for key, item in by_key.items()}

        def stored(keys: Sequence[str]) -> None:
            for key in keys:
                by_key[key].note_written()

        # Of one document that is refused, whatever is put is deleted again, and found until then.
        is_alone = len(list(_works(items))) == 1
        kept_at = _PASSING if is_alone else (EmbeddingError, LeaseTooShortError)
        failures: list[Exception] = []

        def vectors() -> Generator[Vector, None, None]:
            try:
                for start in range(0, len(items), PASSAGES_PER_ROUND):
                    yield from self._vectors(index, items[start : start + PASSAGES_PER_ROUND])
            except kept_at as error:
                # What was embedded is paid for, and put before this is raised.
                failures.append(error)

        with closing(vectors()) as each:
            index.put(
                each,
                before_request=partial(_sending, work_of),
                after_request=stored,
                unanswered=partial(_unanswered, work_of),
            )
        if failures:
            raise failures[0]

    def _vectors(self, index: WritableVectorIndex, items: Sequence[_Item]) -> Iterator[Vector]:
        """Yield those that the index does not hold as they are wanted, embedded where it has none."""
        doubtful = [item.passage.key for item in items if not item.is_new]
        stored = {
            key: vector
            for key, vector in index.get(doubtful, with_embeddings=True).items()
            if embedding_model(vector.metadata) in {"", self._embedder.model.uri}
        }
        missing = [item for item in items if item.passage.key not in stored]
        first_to_lapse = sorted(_works(missing), key=lambda work: work.claim.entry.lease_until)[:1]
        for position, embedding in self._embedder.embed_documents(
            [item.passage.embedded_text for item in missing],
            before_call=partial(_require, first_to_lapse, LONGEST_EMBEDDING_SECONDS),
            counted=partial(self._counted, index.index_name.tenant_id),
        ):
            passage = missing[position].passage
            yield Vector(passage.key, embedding, passage.metadata)
        # Not before the new ones: a text that the model refuses changes nothing of the last version.
        for item in items:
            passage = item.passage
            if found := stored.get(passage.key):
                if metadata_digest(found.metadata) == passage.digest:
                    item.note_written()
                else:
                    yield Vector(passage.key, _embedding(found), passage.metadata)

    def _delete(self, index: WritableVectorIndex, works: Sequence[Work]) -> None:
        work_of = {key: work for work in works for key in sorted(work.plan.unwanted)}

        def deleted(keys: Sequence[str]) -> None:
            for key in keys:
                work_of[key].deleted.add(key)

        index.delete(
            work_of,
            before_request=partial(_sending, work_of),
            after_request=deleted,
            unanswered=partial(_unanswered, work_of),
        )


def _works(items: Iterable[_Item]) -> Iterable[Work]:
    return _each_once(item.work for item in items)


def _each_once(works: Iterable[Work]) -> Iterable[Work]:
    return {id(work): work for work in works}.values()


def _require(works: Iterable[Work], seconds: float) -> None:
    for work in works:
        work.claim.require(seconds)


def _sending(work_of: Mapping[str, Work], keys: Sequence[str]) -> None:
    for work in _each_once(work_of[key] for key in keys):
        work.claim.require(LONGEST_WRITE_SECONDS)
        work.sent = True


def _unanswered(work_of: Mapping[str, Work], keys: Sequence[str]) -> None:
    for key in keys:
        work_of[key].unanswered = True


def _embedding(found: StoredVector) -> Sequence[float]:
    assert found.embedding is not None  # noqa: S101 - it was asked for
    return found.embedding

"""Reconciling documents: the indexes are made to hold what the bucket holds now."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from catalog import (
    Catalog,
    DocumentEntry,
    DocumentState,
    DocumentWantedError,
    ModelMismatchError,
)
from catalog.index_identity import NO_INDEX, index_identity
from embedding import EmbeddingInputError, EmbeddingResponseError
from indexing.errors import DocumentBusyError, OutOfTimeError
from indexing.groups import Groups
from indexing.looks import Look
from indexing.outcome import Outcome, Report
from indexing.planner import Planner
from indexing.registrations import Registrations
from indexing.settler import Settler
from indexing.source import Source, SourceReader
from indexing.turns import Turns
from indexing.work import Work
from indexing.writer import Writer
from vector_store import TenantId, VectorStore, WritableVectorIndex
from vector_store.errors import (
    IndexMismatchError,
    IndexNameError,
    RejectedRequestError,
    VectorLimitError,
)

Result = tuple[Look, Report | Exception]

# The document itself is at fault.
_DOCUMENT_ERRORS = (EmbeddingInputError, VectorLimitError)

# The deployment or its model is at fault: once that is mended, the same version may be indexed.
_SETUP_ERRORS = (
    EmbeddingResponseError,
    IndexMismatchError,
    ModelMismatchError,
    RejectedRequestError,
)

_SETUP_REASON = (
    "the deployment is at fault, not the document: its log says why, and once that is mended the "
    "document is tried again"
)

_RESPONSE_REASON = (
    "what the model answered for a text of the document is no embedding: the log says what it was, and "
    "the document is tried again"
)

LEASE_GRACE_SECONDS = 60
"""A worker's lease outlives its invocation, so that on Lambda a lapsed holder is dead."""

MIN_SECONDS_PER_DOCUMENT = 150
"""Less time than this left, and a document is not begun: reading a hostile one may take 120."""

MAX_LOOKS = 3
"""Of one worker at a document that is written all the while: the others of its batch wait meanwhile."""


class Indexer:
    """Keeps the chunk indexes equal to one documents bucket."""

    def __init__(
        self,
        *,
        sources: SourceReader,
        store: VectorStore[WritableVectorIndex],
        catalog: Catalog,
        planner: Planner,
        registrations: Registrations,
        writer: Writer,
        settler: Settler,
        clock: Callable[[], datetime],
    ) -> None:
        self._sources = sources
        self._store = store
        self._catalog = catalog
        self._planner = planner
        self._registrations = registrations
        self._writer = writer
        self._settler = settler
        self._clock = clock
        self._turns = Turns(clock=clock)
        self._indexes: dict[TenantId, WritableVectorIndex] = {}

    def reconcile(
        self, looks: Iterable[Look], *, lease_until: float, has_time: Callable[[], bool]
    ) -> Iterator[Result]:
        """Yield for each document what came of it, or the error for which to look at it again.

        Until `lease_until` (seconds since 1970) no other worker touches a document that is begun;
        this one must be done, or dead, by then. Small documents of one tenant share their calls, and
        each fails alone.

        No document is begun when `has_time` says no: the rest is put back into the queue, unless
        there was no time for any. So every invocation that is not an error gets somewhere.

        Tenants on whom this worker spent much time lately come after the others. Documents that a
        worker died at are begun last of all, and one by one: should they take this one along too,
        it holds no others.
        """
        groups = Groups()
        waiting, lapsed, is_first = deque(self._turns.in_turn(looks)), deque[Look](), True
        while waiting or lapsed:
            if not has_time():
                unbegun = [*waiting, *lapsed]
                yield from _out_of_time(unbegun) if is_first else self._settler.put_back(unbegun)
                break
            is_first, is_alone = False, not waiting
            if is_alone:
                yield from self._finish_all(groups)
            look = (waiting or lapsed).popleft()
            try:
                with self._turns.spent_on(look):
                    begun = self._begin(look, lease_until, is_alone=is_alone)
            except Exception as error:  # noqa: BLE001 - one document must not fail the others
                yield look, error
                continue
            if begun is None:
                lapsed.append(look)
                continue
            if isinstance(begun, Report):
                yield look, begun
                continue
            for group in groups.add(begun):
                yield from self._finish(group)
        yield from self._finish_all(groups)

    def _finish_all(self, groups: Groups) -> Iterator[Result]:
        for group in groups.take_all():
            yield from self._finish(group)

    def _begin(self, look: Look, lease_until: float, *, is_alone: bool) -> Work | Report | None:
        """Compare, claim, load, check, and note what is intended.

        Return None, with nothing begun, for a document that a worker died at, unless it `is_alone`.
        """
        document = look.document
        index, problem = self._index(look)
        identity = index_identity(index.bucket_name, index.name) if index else NO_INDEX
        entry = self._catalog.get(identity, document.key)
        while entry and entry.lease_until > self._clock().timestamp():
            if self._left_to_holder(entry, look):
                return Report(document.key, Outcome.LEFT, identity, entry.chunk_count)
            entry = self._catalog.get(identity, document.key)
        if entry and entry.lease_until and not is_alone:
            return None
        source = self._sources.find(document)
        if not self._is_open(look, entry, source):
            if source is None:
                return Report(document.key, Outcome.SKIPPED, identity)
            chunks = entry.chunk_count if entry else 0
            return Report(
                document.key, Outcome.UNCHANGED, identity, chunks, version=source.version.name
            )
        if index and entry is None:
            self._registrations.announce(index, identity)
        claim = self._catalog.claim(
            entry or DocumentEntry(identity, document.key),
            holder=look.asked_by[0],
            lease_until=lease_until,
            fingerprint=source.fingerprint if source else "",
            anew=look.check,
        )
        try:
            # The bucket is looked at again: from here on, whoever sees a change finds the document held.
            return self._planner.work(look, claim, index, problem)
        except Exception as error:
            self._settler.release(claim, str(error))
            raise

    def _index(self, look: Look) -> tuple[WritableVectorIndex | None, str]:
        """The document's index, or why it has none."""
        tenant_id = look.document.tenant_id
        if tenant_id is None:
            return None, look.document.problem
        if tenant_id not in self._indexes:
            try:
                self._indexes[tenant_id] = self._store.index("chunk", tenant_id=tenant_id)
            except IndexNameError as error:
                return None, str(error)
        return self._indexes[tenant_id], ""

    def _left_to_holder(self, entry: DocumentEntry, look: Look) -> bool:
        """Whether the document's holder will look again; False when it has just ended.

        Raises DocumentBusyError for a message that the holder itself serves: it came twice, or
        again after a claim whose answer was lost, and is what is left if the holder dies.
        """
        if any(entry.holder.startswith(f"{message_id}/") for message_id in look.asked_by):
            seconds = entry.lease_until - self._clock().timestamp()
            raise DocumentBusyError(f"a worker is at {entry.key} for this message", seconds)
        return self._catalog.want(entry)

    def _is_open(self, look: Look, entry: DocumentEntry | None, source: Source | None) -> bool:
        """Whether anything may have to be done."""
        if look.suspects:
            return True
        if entry is None:
            return source is not None
        if look.check or 0 < entry.check_after <= self._clock().timestamp():
            return True
        if source is None:
            return entry.state is not DocumentState.REMOVED
        return (
            entry.state not in {DocumentState.INDEXED, DocumentState.FAILED}
            or entry.fingerprint != source.fingerprint
        )

    def _finish(self, group: list[Work]) -> Iterator[Result]:
        """Write the works of one index, and settle each."""
        index = group[0].index
        try:
            if index:
                with self._turns.spent_on(group[0].look):
                    self._writer.write(index, group, before_deleting=self._settler.hand_over)
        except (*_DOCUMENT_ERRORS, *_SETUP_ERRORS) as error:
            yield from self._refused(group, error)
            return
        except Exception as error:  # noqa: BLE001 - other documents must not fail
            for work in group:
                yield work.look, self._settler.give_up(work, error)
            return
        wanted: list[tuple[Work, int]] = []
        for work in group:
            if work.failure:
                yield work.look, self._settler.give_up(work, work.failure)
                continue
            try:
                yield work.look, self._settler.settle(work)
            except DocumentWantedError as error:
                wanted.append((work, error.wanted))
            except Exception as error:  # noqa: BLE001 - other documents must not fail
                yield work.look, self._settler.give_up(work, error)
        for work, events in wanted:
            yield from self._look_again(work, events)

    def _refused(self, group: list[Work], error: Exception) -> Iterator[Result]:
        """Find the document that is at fault, if it is one; the others are not affected."""
        if len(group) > 1:
            for work in group:
                yield from self._finish([work])
            return
        [work] = group
        if work.outcome is not Outcome.INDEXED:
            yield work.look, self._settler.give_up(work, error)
            return
        is_setup = isinstance(error, _SETUP_ERRORS)
        # What the services said, with names of the account's resources, is for the log alone.
        reason, cause = str(error), str(error.__cause__ or "")
        if is_setup:
            is_models = isinstance(error, EmbeddingResponseError)
            reason, cause = _RESPONSE_REASON if is_models else _SETUP_REASON, str(error)
        try:
            failed = self._planner.failed(work, reason, cause=cause, is_setup=is_setup)
        except Exception as failure:  # noqa: BLE001 - other documents must not fail
            yield work.look, self._settler.give_up(work, failure)
            return
        failed.is_refused = True
        yield from self._finish([failed])

    def _look_again(self, work: Work, wanted: int) -> Iterator[Result]:
        """Do what events ask for that came while the document was held, or have another worker do it."""
        until = work.claim.entry.lease_until - LEASE_GRACE_SECONDS - MIN_SECONDS_PER_DOCUMENT
        if work.looks == MAX_LOOKS or self._clock().timestamp() > until:
            yield work.look, self._settler.hand_on(work)
            return
        work.claim.look_again(wanted)
        try:
            again = self._planner.again(work)
        except Exception as error:  # noqa: BLE001 - other documents must not fail
            yield work.look, self._settler.give_up(work, error)
            return
        again.looks, again.unanswered = work.looks + 1, work.unanswered
        yield from self._finish([again])


def _out_of_time(unbegun: Iterable[Look]) -> Iterator[Result]:
    for look in unbegun:
        yield look, OutOfTimeError(f"no time was left for {look.document.key}")

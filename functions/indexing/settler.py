"""The end of a document's work: its entry says how it came out, and the document is free."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import zip_longest
from typing import Any

from msgspec.structs import replace

from catalog import (
    NO_KEYS,
    CatalogError,
    Claim,
    DocumentState,
    KeyList,
    LeaseTooShortError,
)
from catalog.claim import end_of_doubt
from embedding import EmbeddingUnavailableError
from indexing.looks import Look
from indexing.outcome import Outcome, Report
from indexing.plan import merged, without_digests
from indexing.work import Work
from indexing_queue import ReconcileQueue, ReconcileRequest
from indexing_queue.requests import MAX_DELAY_SECONDS, MAX_SUSPECTS, QueueUnavailableError
from vector_store.errors import VectorStoreThrottledError, VectorStoreUnavailableError

CHECK_MARGIN_SECONDS = 30
"""A request for a check comes so long after the check is due, so that no clock makes it come before."""

MODEL_DELAY_SECONDS = 20
"""So much later a document goes on of which the model embedded a part: most likely it was throttled."""


class Settler:
    """Ends works: settled, given up for now, or continued by a later invocation."""

    def __init__(
        self, queue: ReconcileQueue, bucket: str, *, clock: Callable[[], datetime]
    ) -> None:
        self._queue = queue
        self._bucket = bucket
        self._clock = clock

    def hand_over(self, work: Work) -> None:
        """Have the entry name the new version, which is in the index, before any of the old one goes.

        So what the entry calls indexed is there whole at any moment, whoever dies.
        """
        known = work.known
        if known.indexed.keys().isdisjoint(work.plan.unwanted):
            return
        begun = {
            key: digest
            for key, digest in merged(known.intended, known.written).items()
            if key not in work.keys
        }
        others = merged(known.indexed, begun)
        is_stored = others == known.indexed
        work.claim.write(
            chunk_count=work.chunk_count,
            indexed=self._indexed(work),
            intended=work.claim.entry.indexed if is_stored else work.claim.store_keys(others),
            written=NO_KEYS,
        )
        work.known = replace(known, indexed=work.keys, intended=others, written={})

    def settle(self, work: Work) -> Report:
        """Return the report of a work whose writes are done.

        Raises DocumentWantedError when the document has to be looked at again first.
        """
        entry, claim = work.claim.entry, work.claim
        changes: dict[str, Any] = {
            **work.facts,
            "state": work.state,
            "chunk_count": work.chunk_count,
            "indexed": self._indexed(work),
            "intended": NO_KEYS,
            "written": NO_KEYS,
            "former": NO_KEYS,
            "check_after": 0,
        }
        if work.is_doubtful:
            check_after = end_of_doubt(self._clock()) if work.unanswered else entry.check_after
            changes |= {"former": self._former(work), "check_after": check_after}
            self._ask_for_check(work, check_after)
        if work.outcome is Outcome.INDEXED:
            changes["indexed_at"] = self._clock().isoformat(timespec="milliseconds")
        if work.state is DocumentState.REMOVED and not work.is_doubtful:
            claim.remove()
        else:
            if work.is_check:
                claim.sweep()
            claim.settle(**changes)
        return Report(
            entry.key,
            work.outcome,
            entry.index,
            len(work.keys),
            put=len(work.written),
            deleted=len(work.plan.unwanted),
            reason=_reason(work),
            version=work.version,
        )

    def give_up(self, work: Work, error: Exception) -> Report | Exception:
        """Return the error for which the document is to be looked at again, now that it is free.

        A work that got somewhere before time ran out, or before the model gave no answer, is
        continued by a message of its own, however often that is. One of a version that was refused
        got nowhere: its message comes back, and its deliveries are counted.
        """
        got_somewhere = work.written or (work.deleted and not work.is_refused)
        is_out_of_time = isinstance(error, LeaseTooShortError) and got_somewhere
        if is_out_of_time or (isinstance(error, EmbeddingUnavailableError) and work.sent):
            delay = 0 if is_out_of_time else MODEL_DELAY_SECONDS
            try:
                return self._continue(work, f"to be continued: {error}", delay_seconds=delay)
            except Exception as failure:  # noqa: BLE001 - the message comes back for it
                error = failure
        doubtful = work.unanswered or (work.sent and _is_of_unknown_outcome(error))
        self.release(work.claim, str(error), doubtful=doubtful)
        return error

    def hand_on(self, work: Work) -> Report | Exception:
        """Have a later invocation see to the events that came, and return what that came to."""
        try:
            return self._continue(work, "written faster than it is indexed: to be continued")
        except Exception as error:  # noqa: BLE001 - the message comes back for it
            return self.give_up(work, error)

    def put_back(self, looks: Sequence[Look]) -> Iterator[tuple[Look, Report | Exception]]:
        """Ask anew for documents that were not begun: their messages have then done their part.

        A new message's deliveries are counted from one, and any worker may have it now. It keeps
        the id of the one it stands for, which a holder of the document may serve, and since when the
        document waits, as the queue takes the new one for just sent.
        """
        requests = [request for look in looks for request in self._anew(look)]
        try:
            self._queue.send(requests)
        except QueueUnavailableError as error:
            for look in looks:
                yield look, error
            return
        for look in looks:
            yield look, Report(look.document.key, Outcome.PUT_BACK)

    def _anew(self, look: Look) -> Iterator[ReconcileRequest]:
        """A request for each message, and for as many suspects as one may have."""
        suspects = sorted(look.suspects)
        parts = [
            tuple(suspects[start : start + MAX_SUSPECTS])
            for start in range(0, len(suspects), MAX_SUSPECTS)
        ]
        for asker, part in zip_longest(look.asked_by, parts):
            yield ReconcileRequest(
                self._bucket,
                look.document.key,
                look.check,
                part or (),
                asker or look.asked_by[0],
                look.asked_at,
            )

    def release(self, claim: Claim, reason: str, *, doubtful: bool = False) -> None:
        """Free the document, if it is still this worker's: else its lease ends by itself."""
        with suppress(CatalogError):
            claim.release(reason, doubtful=doubtful)

    def _continue(self, work: Work, reason: str, *, delay_seconds: int = 0) -> Report:
        entry = work.claim.entry
        if work.written or work.deleted:
            known, store = work.known_so_far, work.claim.store_keys
            lists = {
                name: store(getattr(known, name))
                for name in ("intended", "written", "former")
                if getattr(known, name) != getattr(work.known, name)
            }
            # Who got somewhere did not die at it.
            work.claim.write(**lists, lapses=0)
        # Before the document is free: it is still this worker's when the message is lost. Who has
        # the message sooner finds it held for one that it stands for, and waits.
        self._queue.send(list(self._anew(work.look)), delay_seconds=delay_seconds)
        work.claim.release(reason, doubtful=work.unanswered)
        return Report(
            entry.key,
            Outcome.CONTINUED,
            entry.index,
            entry.chunk_count,
            put=len(work.written),
            deleted=len(work.deleted),
            reason=reason,
            version=work.version,
        )

    def _indexed(self, work: Work) -> KeyList:
        entry = work.claim.entry
        if not work.keys:
            return NO_KEYS
        if work.keys == work.known.indexed:
            return entry.indexed
        if work.keys == work.known.intended:
            return entry.intended
        return work.claim.store_keys(work.keys)

    def _former(self, work: Work) -> KeyList:
        known = work.known
        former = known.all_but_former | known.former.keys() | work.look.suspects
        former -= work.keys.keys()
        if former == known.former.keys():
            return work.claim.entry.former
        return work.claim.store_keys(without_digests(sorted(former)))

    def _ask_for_check(self, work: Work, check_after: int) -> None:
        seconds = check_after - self._clock().timestamp()
        delay = min(MAX_DELAY_SECONDS, max(0, int(seconds)) + CHECK_MARGIN_SECONDS)
        # Suspects need no naming: they are among the former keys.
        self._queue.send([ReconcileRequest(self._bucket, work.document_key)], delay_seconds=delay)


def _reason(work: Work) -> str:
    """Why a document failed, for the log."""
    reason: str = work.facts.get("reason", "")
    return f"{reason} ({work.cause})" if work.cause else reason


def _is_of_unknown_outcome(error: Exception) -> bool:
    """Whether a request may have been, or may still be, carried out."""
    return isinstance(error, VectorStoreUnavailableError) and not isinstance(
        error, VectorStoreThrottledError
    )

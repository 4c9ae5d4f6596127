"""Planning a claimed document's work: what the bucket holds, what the index may hold, what to do."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from catalog import NO_KEYS, UNKNOWN_DIGEST, Claim, VectorKeys
from indexing.errors import DocumentError, WithheldDocumentError
from indexing.looks import Look
from indexing.outcome import Outcome
from indexing.plan import Known, merged, plan, without_digests
from indexing.source import Source, SourceReader
from indexing.work import Work
from vector_store import StoredVector, WritableVectorIndex
from vector_store.chunk_record import from_metadata
from vector_store.errors import VectorIndexNotFoundError
from vector_store.metadata_digest import metadata_digest

MAX_LAPSES = 3
"""So many leases lapse at one version, and it is given up: by accident one does, or two."""


class Planner:
    """Makes works of claims; the keys about to be written are in the catalog when it returns."""

    def __init__(
        self, sources: SourceReader, recipe: str, *, clock: Callable[[], datetime]
    ) -> None:
        self._sources = sources
        self._recipe = recipe
        self._clock = clock

    def work(
        self, look: Look, claim: Claim, index: WritableVectorIndex | None, problem: str
    ) -> Work:
        """Return what has to be done for the document as the bucket holds it now.

        `problem` says why there is no index. Raises TemporaryError and CatalogError.
        """
        look = _with_own_suspects(look, index)
        known = Known(**claim.read_lists())
        entry = claim.entry
        is_due = 0 < entry.check_after <= self._clock().timestamp()
        source = self._sources.find(look.document)
        work = Work(
            look=look,
            claim=claim,
            index=index,
            problem=problem,
            source=source,
            known=known,
            plan=plan({}, known, suspects=look.suspects, check=look.check or is_due),
            outcome=Outcome.REMOVED,
            is_check=look.check or is_due,
            is_due=is_due,
        )
        if source is None:
            return work
        if index is None:
            return self.failed(work, problem)
        if entry.lapses >= MAX_LAPSES and entry.fingerprint == source.fingerprint:
            return self._given_up(work)
        try:
            passages = self._sources.passages(source)
        except WithheldDocumentError as error:
            return self.failed(work, str(error), is_setup=True)
        except DocumentError as error:
            return self.failed(work, str(error))
        work.outcome = Outcome.INDEXED
        work.keys = {passage.key: passage.digest for passage in passages}
        work.plan = plan(work.keys, known, suspects=look.suspects, check=work.is_check)
        work.passages = [p for p in passages if p.key in work.plan.changed]
        work.facts = self._facts(source)
        self._intend(work)
        return work

    def again(self, work: Work) -> Work:
        """Return what has to be done after events came while the document was held."""
        source = self._sources.find(work.look.document)
        if _fingerprint(source) == _fingerprint(work.source) and work.is_done:
            return work
        return self.work(work.look, work.claim, work.index, work.problem)

    def failed(self, work: Work, reason: str, *, cause: str = "", is_setup: bool = False) -> Work:
        """Return what leaves the index with the last version that was indexed, and nothing else.

        What setup is at fault for is tried again at the next event, though nothing has changed. The
        reason is for the document's owner, the cause for the log alone.
        """
        known = work.known
        last_good = {key: known.certain[key] for key in known.indexed}
        if not work.claim.entry.indexed_at:
            # Suspects may be the last good version, of which the catalog was lost.
            suspects = work.look.suspects - known.former.keys()
            last_good = {**without_digests(sorted(suspects)), **last_good}
        lost = 0
        if work.index and (work.is_check or UNKNOWN_DIGEST in last_good.values()):
            last_good, lost = self._still_there(work.index, last_good)
        if lost:
            reason += f"; {lost} of {len(last_good)} chunks of its last good version are lost"
        facts = self._facts(work.source) if work.source else {}
        return Work(
            look=work.look,
            claim=work.claim,
            index=work.index,
            problem=work.problem,
            source=work.source,
            known=known,
            plan=plan(last_good, known, suspects=work.look.suspects, check=work.is_check),
            outcome=Outcome.FAILED,
            keys=last_good,
            lost=lost,
            facts={**facts, "reason": reason, **({"fingerprint": ""} if is_setup else {})},
            cause=cause,
            is_check=work.is_check,
            is_due=work.is_due,
            sent=work.sent,
            unanswered=work.unanswered,
            looks=work.looks,
        )

    def _given_up(self, work: Work) -> Work:
        """What leaves a version alone that workers die at, until it is another or a check is asked for."""
        lapses = work.claim.entry.lapses
        failed = self.failed(
            work,
            f"{lapses} workers died at it, for want of memory or time maybe: a new version of it, or "
            "`dropvec sync --check`, has it tried again",
        )
        # The check that settles what those have left behind must not try it either.
        failed.facts["lapses"] = lapses
        return failed

    def _still_there(
        self, index: WritableVectorIndex, last_good: VectorKeys
    ) -> tuple[VectorKeys, int]:
        """The last good version, which cannot be made again, and how much of it a dead worker took.

        What is lost stays listed, without a digest: the next attempt counts it too, and a version
        that has it again does not hold it for unchanged.
        """
        found = _stored(index, last_good)
        left = {
            key: metadata_digest(found[key].metadata) if key in found else UNKNOWN_DIGEST
            for key in last_good
        }
        return left, len(last_good) - len(found)

    def _intend(self, work: Work) -> None:
        """Have the keys known before they are written: no vector that nobody knows of."""
        if not work.passages:
            return
        known = work.known
        intended = merged(work.keys, known.intended, known.written)
        if intended != known.intended:
            stored = work.claim.store_keys(intended)
            work.claim.write(intended=stored, written=NO_KEYS)
            work.known = replace(known, intended=intended, written={})

    def _facts(self, source: Source) -> dict[str, Any]:
        version = source.version
        return {
            "fingerprint": source.fingerprint,
            "recipe": self._recipe,
            "etag": version.etag,
            "last_modified": version.last_modified.isoformat(timespec="seconds"),
            "sidecar_etag": source.sidecar.etag if source.sidecar else "",
            "version_id": version.version_id,
            "size": version.size,
            "content_type": version.content_type or "",
            "reason": "",
        }


def _with_own_suspects(look: Look, index: WritableVectorIndex | None) -> Look:
    """The look with those suspects that are this document's: a message may name any vector."""
    if not look.suspects:
        return look
    stored = _stored(index, look.suspects) if index else {}
    own = (
        key
        for key, vector in stored.items()
        if from_metadata(vector.metadata).document_key == look.document.key
    )
    return replace(look, suspects=frozenset(own))


def _stored(index: WritableVectorIndex, keys: Iterable[str]) -> dict[str, StoredVector]:
    """Those of the vectors that there are, without their embeddings."""
    try:
        return index.get(keys)
    except VectorIndexNotFoundError:
        return {}


def _fingerprint(source: Source | None) -> str:
    return source.fingerprint if source else ""

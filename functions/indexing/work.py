"""One document on its way to an end: claimed, planned, and settled when its writes are done."""

from typing import Any

from msgspec import Struct, field

from catalog import Claim, DocumentState, VectorKeys
from indexing.looks import Look
from indexing.outcome import Outcome
from indexing.passages import Passage
from indexing.plan import Known, Plan, merged, without_digests
from indexing.source import Source
from vector_store import WritableVectorIndex


class Work(Struct):
    """What is to be written for one document, and what its entry will say then."""

    look: Look
    claim: Claim
    index: WritableVectorIndex | None
    problem: str
    """Why there is no index."""
    source: Source | None
    known: Known
    """What the catalog knows, the intent of this work included."""
    plan: Plan
    outcome: Outcome
    keys: VectorKeys = field(default_factory=dict)
    """The document's vectors when all is done."""
    lost: int = 0
    """How many of these are not in the index, and cannot be made again."""
    passages: list[Passage] = field(default_factory=list)
    """Those to be written."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What the entry will say besides."""
    cause: str = ""
    """Of a failure, what the log has beside the reason that the document's owner is told."""
    is_check: bool = False
    """Whether nothing that the catalog says of the index is trusted."""
    is_due: bool = False
    """Whether this is the check that clears all doubt."""
    written: VectorKeys = field(default_factory=dict)
    """What was put so far."""
    deleted: set[str] = field(default_factory=set)
    """The keys that were deleted so far."""
    sent: bool = False
    """Whether a request that changes the index was sent."""
    unanswered: bool = False
    """Whether an attempt at one had no answer: it may be carried out late, though the next was answered."""
    looks: int = 1
    """How often this worker has looked at the document, for the events that came meanwhile."""
    is_refused: bool = False
    """Whether the version was refused when it was written: the next attempt would write it anew."""
    is_done: bool = False
    """Whether all is written."""
    failure: Exception | None = None
    """Why it is not, for now, while others of its group may be."""

    @property
    def document_key(self) -> str:
        """The document's key in the bucket."""
        return self.look.document.key

    @property
    def version(self) -> str:
        """Which version of the object it is about; none of a document that is gone."""
        return self.source.version.name if self.source else ""

    @property
    def chunk_count(self) -> int:
        """How many chunks of the document a query may find when all is done."""
        return len(self.keys) - self.lost

    @property
    def is_put(self) -> bool:
        """Whether the index has all that the document is to have."""
        return all(passage.key in self.written for passage in self.passages)

    @property
    def is_deleted(self) -> bool:
        """Whether the index has nothing more that the document is not to have."""
        return self.plan.unwanted <= self.deleted

    @property
    def is_doubtful(self) -> bool:
        """Whether a check is still to come, before which what is deleted may come back."""
        return self.unanswered or (self.claim.entry.check_after > 0 and not self.is_due)

    @property
    def known_so_far(self) -> Known:
        """What the next attempt has to know: what was put is surely there, what was deleted is not."""
        known = self.known
        written = known.written
        if self.written:
            written = {
                key: digest
                for key, digest in self.keys.items()
                if key in self.written or key not in self.plan.changed
            }
        former = self._left(known.former)
        if self.is_doubtful:
            former = merged(known.former, without_digests(sorted(self.deleted)))
        return Known(known.indexed, self._left(known.intended), self._left(written), former)

    def _left(self, keys: VectorKeys) -> VectorKeys:
        return {key: digest for key, digest in keys.items() if key not in self.deleted}

    @property
    def state(self) -> DocumentState:
        """What the document's state will be."""
        return _STATES[self.outcome]


_STATES = {
    Outcome.INDEXED: DocumentState.INDEXED,
    Outcome.FAILED: DocumentState.FAILED,
    Outcome.REMOVED: DocumentState.REMOVED,
}

"""Syncing: every document that bucket and catalog do not agree on is asked to be looked at."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from msgspec import Struct, field

from indexing_queue import ReconcileQueue, ReconcileRequest
from syncing.catalog_stream import CatalogStream
from syncing.difference import Difference, difference
from syncing.listing import BucketListing
from syncing.pace import Pace
from syncing.paced_requests import PacedRequests
from syncing.scope import EVERYTHING, Scope
from syncing.sightings import Sighting, Sightings


class Summary(Struct):
    """What came of a run."""

    documents: int = 0
    """That bucket or catalog has."""
    differences: Counter[Difference] = field(default_factory=Counter)
    asked: int = 0
    """Documents that were asked to be looked at, or would have been."""
    stopped_at: str | None = None
    """Where a run that was ended early can go on; None for one that is through."""


class Mode(Struct, frozen=True):
    """Which documents a run asks for, and how."""

    everything: bool = False
    """Also those that do not differ: what no listing shows, tags for one, is compared then."""
    check: bool = False
    """Everything, and each vector is read back."""
    dry_run: bool = False
    """Nothing is asked for."""


WHAT_DIFFERS = Mode()


def _never() -> bool:
    return False


def _unnoticed(_sighting: Sighting, _found: Difference | None) -> None:
    """Nobody watches."""


class Sync:
    """Compares one documents bucket with its catalog; the indexing function does the rest."""

    def __init__(
        self,
        *,
        listing: BucketListing,
        entries: CatalogStream,
        queue: ReconcileQueue,
        recipe: str,
        pace: Pace,
        clock: Callable[[], datetime],
    ) -> None:
        self._listing = listing
        self._entries = entries
        self._queue = queue
        self._recipe = recipe
        self._pace = pace
        self._clock = clock

    def run(
        self,
        scope: Scope = EVERYTHING,
        *,
        after: str = "",
        mode: Mode = WHAT_DIFFERS,
        ends: Callable[[], bool] = _never,
        seen: Callable[[Sighting, Difference | None], None] = _unnoticed,
    ) -> Summary:
        """Return when all documents of the scope behind the key `after` were compared.

        Or sooner, when `ends` says so; `seen` is told of each document. Memory does not grow with
        their number. Asking twice does no harm: it costs a read. Raises ListingUnavailableError,
        CatalogError and QueueUnavailableError; running again is the remedy for each.
        """
        summary = Summary()
        requests = PacedRequests(self._queue, self._pace, dry_run=mode.dry_run)
        sightings = Sightings(
            self._listing.objects(prefix=scope.prefix, after=after),
            self._entries.in_order(scope, after=after),
            covers=scope.covers,
            find=self._listing.find,
            ends=ends,
        )
        for sighting in sightings:
            found = difference(sighting, recipe=self._recipe, now=self._clock())
            summary.documents += 1
            if found:
                summary.differences[found] += 1
            seen(sighting, found)
            if found or (sighting.object and (mode.everything or mode.check)):
                requests.add(ReconcileRequest(self._listing.bucket, sighting.key, check=mode.check))
        requests.flush()
        summary.asked, summary.stopped_at = requests.count, sightings.stopped_at
        return summary

"""How a document in the bucket and its entry in the catalog differ, as far as a listing shows it."""

from datetime import UTC, datetime
from enum import StrEnum

from catalog import DocumentEntry, DocumentState
from syncing.listing import ListedObject
from syncing.sightings import Sighting


class Difference(StrEnum):
    """Why a document is to be looked at."""

    MISSING = "missing"
    """The bucket has it, the catalog not."""
    GONE = "gone"
    """The catalog has it, the bucket not."""
    CHANGED = "changed"
    """Another version of it is in the bucket."""
    METADATA = "metadata"
    """Its sidecar came, changed or went."""
    SETTINGS = "settings"
    """It was indexed by other settings: of chunks, model or layout."""
    UNFINISHED = "unfinished"
    """It is being indexed, or was and the worker died; or what it failed for is of the setup."""
    UNCHECKED = "unchecked"
    """The check of all its vectors is due, and has not come."""


def difference(sighting: Sighting, *, recipe: str, now: datetime) -> Difference | None:
    """Return why the document is to be looked at; None when the catalog says what the bucket does.

    `recipe` is the digest of the settings in force.
    """
    entry = sighting.entry
    if sighting.object is None:
        return _without_object(entry, now)
    if entry is None:
        return Difference.MISSING
    return _of_both(sighting.object, sighting.sidecar, entry, recipe) or _check(entry, now)


def _without_object(entry: DocumentEntry | None, now: datetime) -> Difference | None:
    if entry is None:
        return None
    if entry.state is DocumentState.REMOVED:
        return _check(entry, now)
    return Difference.GONE


def _of_both(
    found: ListedObject, sidecar: ListedObject | None, entry: DocumentEntry, recipe: str
) -> Difference | None:
    if entry.state is DocumentState.REMOVED:
        return Difference.MISSING
    # A setup's failure has no fingerprint, so that it is tried again.
    if entry.state is DocumentState.INDEXING or not entry.fingerprint:
        return Difference.UNFINISHED
    last_modified = found.last_modified.astimezone(UTC).isoformat(timespec="seconds")
    if (found.etag, last_modified) != (entry.etag, entry.last_modified):
        return Difference.CHANGED
    if (sidecar.etag if sidecar else "") != entry.sidecar_etag:
        return Difference.METADATA
    return Difference.SETTINGS if entry.recipe != recipe else None


def _check(entry: DocumentEntry, now: datetime) -> Difference | None:
    return Difference.UNCHECKED if 0 < entry.check_after <= now.timestamp() else None

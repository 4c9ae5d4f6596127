"""A stack that goes on with what its data folder keeps: its queue was not kept, nor its workers."""

from datetime import UTC, datetime

from catalog import Catalog
from indexing_queue import ReconcileQueue
from local.stack import LocalStack
from recipe import Recipe
from syncing.catalog_stream import CatalogStream
from syncing.listing import BucketListing
from syncing.pace import Pace
from syncing.scope import EVERYTHING
from syncing.sync import Sync
from vector_store import ConnectionString

LAPSED = 1
"""A lease that ended long ago (in seconds since 1970), yet was not given back: 0 would say so."""

AT_ONCE = 1_000_000
"""Documents a second."""


def recover(stack: LocalStack) -> None:
    """Return with all that was pending in the queue again, and with no document held any more.

    Workers ended with the process before: their leases lapse, so that nobody waits for them.
    """
    environment = stack.environment("SyncingFunction")
    listing = BucketListing(stack.client("s3"), stack.documents_bucket)
    catalog = Catalog(stack.client("dynamodb"), stack.catalog_table, clock=_now)
    connection = ConnectionString.parse(environment["VECTOR_STORE"])
    entries = CatalogStream(catalog, connection, listing)
    for entry in entries.in_order(EVERYTHING):
        if entry.lease_until > LAPSED:
            catalog.entries.write(entry, {"lease_until": LAPSED})
    Sync(
        listing=listing,
        entries=entries,
        queue=ReconcileQueue(stack.client("sqs"), stack.queue_url),
        recipe=Recipe.from_environment(environment).digest,
        pace=Pace(AT_ONCE),
        clock=_now,
    ).run()


def _now() -> datetime:
    return datetime.now(UTC)

"""What `dropvec sync` works with, for one deployment."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from botocore.session import Session

from catalog import Catalog, dynamodb_client
from documents_bucket import s3_client
from dropvec.deployment import Deployment
from indexing_queue import ReconcileQueue, sqs_client
from syncing.catalog_stream import CatalogStream
from syncing.listing import BucketListing
from syncing.orphan_items import OrphanItems
from syncing.orphan_vectors import OrphanVectors
from syncing.pace import Pace
from syncing.sync import Sync
from vector_store import VectorStoreFactory, s3vectors_client


@dataclass(frozen=True, slots=True)
class SyncParts:
    """The comparison and the sweeps, over the same clients."""

    queue: ReconcileQueue
    pace: Pace
    sync: Sync
    orphan_vectors: OrphanVectors
    orphan_items: OrphanItems

    @classmethod
    def of(cls, session: Session, deployment: Deployment, *, rate: float) -> Self:
        """Return the parts for a deployment, in the session's region; sends nothing."""
        bucket, connection = deployment.documents_bucket, deployment.connection
        listing = BucketListing(s3_client(session), bucket)
        catalog = Catalog(dynamodb_client(session), deployment.catalog_table, clock=_now)
        entries = CatalogStream(catalog, connection, listing)
        queue = ReconcileQueue(sqs_client(session), deployment.queue_url)
        pace = Pace(rate)
        store = VectorStoreFactory.for_vector_store(
            connection, client=s3vectors_client(session), read_only=True
        )
        return cls(
            queue=queue,
            pace=pace,
            sync=Sync(
                listing=listing,
                entries=entries,
                queue=queue,
                recipe=deployment.recipe.digest,
                pace=pace,
                clock=_now,
            ),
            orphan_vectors=OrphanVectors(
                store=store, catalog=catalog, entries=entries, bucket=bucket
            ),
            orphan_items=OrphanItems(catalog=catalog, entries=entries, bucket=bucket, clock=_now),
        )


def _now() -> datetime:
    return datetime.now(UTC)

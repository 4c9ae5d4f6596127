"""The syncing function's entry point: one step of a run, from where the step before it ended."""

import os
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics
from botocore.session import Session

from catalog import Catalog, dynamodb_client
from catalog.index_identity import tenant_index
from documents_bucket import s3_client
from indexing_queue import ReconcileQueue, sqs_client
from metering.report import NAMESPACE
from metering.typical_vector import TypicalVector
from syncing.catalog_stream import CatalogStream
from syncing.errors import DocumentsWaitError
from syncing.listing import BucketListing
from syncing.pace import Pace
from syncing.reporting import report_indexes, report_totals
from syncing.scope import EVERYTHING, Scope
from syncing.settings import SyncingSettings
from syncing.sync import Sync
from syncing.totals import Totals
from telemetry import keep_bodies_out, trace_calls
from vector_store import TenantId

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

MAX_WAITING_MESSAGES = 1_000
"""With more in the queue a run is not begun: it would find missing what is only waiting."""

MIN_SECONDS_LEFT = 60
"""A step ends so long before its invocation does: what it has begun takes a few requests still."""

logger = Logger(service="syncing")


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Return the event of the next step: its `after` is None when the run is through.

    `tenant` and `prefix`, where the event has them, say which documents the run is about. A run about
    all documents reports each index, and ends with all there is; its steps hand on the counts in `totals`.

    Raises DocumentsWaitError, for which the state machine waits, where none is begun now.
    """
    keep_bodies_out()
    after = event.get("after")
    if after is None and (waiting := _queue().waiting()) > MAX_WAITING_MESSAGES:
        logger.warning("run not begun", extra={"waiting_messages": waiting})
        raise DocumentsWaitError(
            f"{waiting:,} messages wait: a run begins with {MAX_WAITING_MESSAGES:,} at most"
        )
    tenant = event.get("tenant")
    scope = Scope(event.get("prefix", ""), None if tenant is None else TenantId(tenant))
    totals = Totals.of_event(event, tenant_index(TenantId(), _settings().connection))
    summary = _sync().run(
        scope,
        after=after or "",
        ends=lambda: context.get_remaining_time_in_millis() < 1000 * MIN_SECONDS_LEFT,
        seen=lambda sighting, _: totals.add(sighting.entry) if sighting.entry else None,
    )
    logger.info(
        "bucket and catalog compared",
        extra={
            "after": after,
            "stopped_at": summary.stopped_at,
            "documents": summary.documents,
            "differences": dict(summary.differences),
            "asked": summary.asked,
        },
    )
    following = {**event, "after": summary.stopped_at}
    if scope != EVERYTHING:
        return following
    if summary.stopped_at is None:
        totals.end()
        following.pop("totals", None)
    else:
        following["totals"] = totals.for_event()
    _report(totals, is_whole=summary.stopped_at is None)
    return following


def _report(totals: Totals, *, is_whole: bool) -> None:
    settings = _settings()
    recipe = settings.recipe
    vector = TypicalVector(recipe.model.dimensions, recipe.chunking.size)
    report_indexes(totals, vector=vector, connection=settings.connection, new_metrics=_new_metrics)
    if is_whole:
        report_totals(totals, vector=vector, new_metrics=_new_metrics)


def _new_metrics() -> EphemeralMetrics:
    metrics = EphemeralMetrics(namespace=NAMESPACE, service=logger.service)
    metrics.add_dimension("stack", _settings().stack)
    return metrics


@cache
def _settings() -> SyncingSettings:
    return SyncingSettings.from_environment(os.environ)


@cache
def _session() -> Session:
    return trace_calls(Session(), _settings().tracing)


@cache
def _queue() -> ReconcileQueue:
    return ReconcileQueue(sqs_client(_session()), _settings().queue_url)


@cache
def _sync() -> Sync:
    settings, session = _settings(), _session()
    listing = BucketListing(s3_client(session), settings.documents_bucket)
    catalog = Catalog(dynamodb_client(session), settings.catalog_table, clock=_now)
    return Sync(
        listing=listing,
        entries=CatalogStream(catalog, settings.connection, listing),
        queue=_queue(),
        recipe=settings.recipe.digest,
        pace=Pace(settings.rate),
        clock=_now,
    )


def _now() -> datetime:
    return datetime.now(UTC)

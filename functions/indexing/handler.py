"""The indexing function's entry point: S3 notifications in, vectors out."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session
from msgspec.structs import asdict

from catalog import Catalog, dynamodb_client
from documents_bucket import s3_client
from embedding import bedrock_client, embedder_for
from indexing.batch import BatchResult, process
from indexing.batch_log import count_outcomes, log_result
from indexing.bucket_reader import BucketReader
from indexing.errors import DocumentBusyError
from indexing.events import Message, messages
from indexing.indexer import LEASE_GRACE_SECONDS, MIN_SECONDS_PER_DOCUMENT, Indexer
from indexing.planner import Planner
from indexing.registrations import Registrations
from indexing.retries import Retries, retry_delay
from indexing.settings import IndexingSettings
from indexing.settler import Settler
from indexing.source import SourceReader
from indexing.writer import Writer
from indexing_queue import ReconcileQueue, sqs_client
from metering import Meter
from metering.report import NAMESPACE, report_meter
from telemetry import keep_bodies_out, trace_calls
from vector_store import VectorStoreFactory, s3vectors_client
from vector_store.calls import watch_calls

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

MAX_SECONDS_OF_BEGINNING = 120
"""After so long no further document of the batch is begun: other workers may have those sooner."""

logger = Logger(service="indexing")


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Return the SQS messages that are to be delivered again; for a bare event, raise instead.

    Takes an SQS batch of S3 notifications, a bare S3 event, and S3's EventBridge form.
    """
    keep_bodies_out()
    try:
        return _handle(event, context)
    finally:
        _report_usage(context.aws_request_id)


def _handle(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    settings, indexer = _settings(), _indexer()
    started = _seconds()
    deadline = started + context.get_remaining_time_in_millis() / 1000
    batch, from_sqs = messages(event)
    result = process(
        batch,
        settings.documents_bucket,
        lambda looks: indexer.reconcile(
            looks,
            lease_until=deadline + LEASE_GRACE_SECONDS,
            has_time=_time_to_begin(started, deadline),
        ),
    )
    _report(result)
    if from_sqs:
        _postpone(batch, result)
        failed = [{"itemIdentifier": message_id} for message_id in result.failures]
        return {"batchItemFailures": failed}
    for error in result.failures.values():
        raise error
    return {"documents": [asdict(report) for report in result.reports]}


def _time_to_begin(started: float, deadline: float) -> Callable[[], bool]:
    """Whether another document may be begun."""
    end = min(started + MAX_SECONDS_OF_BEGINNING, deadline - MIN_SECONDS_PER_DOCUMENT)
    return lambda: _seconds() < end


@cache
def _settings() -> IndexingSettings:
    return IndexingSettings.from_environment(os.environ)


@cache
def _session() -> Session:
    """One for all clients: reading the services' models is what takes a session its time."""
    return trace_calls(Session(), _settings().tracing)


@cache
def _meter() -> Meter:
    return Meter()


@cache
def _indexer() -> Indexer:
    settings, session = _settings(), _session()
    bucket, recipe = settings.documents_bucket, settings.recipe
    catalog = Catalog(dynamodb_client(session), settings.catalog_table, clock=_now)
    sources = SourceReader(BucketReader(s3_client(session), bucket), recipe)
    embedder = embedder_for(settings.embedding_model, make_client=partial(bedrock_client, session))
    registrations = Registrations(catalog.indexes, embedder.model, recipe.digest, clock=_now)
    queue = ReconcileQueue(sqs_client(session), settings.queue_url)
    return Indexer(
        sources=sources,
        store=VectorStoreFactory.for_vector_store(
            settings.connection,
            client=watch_calls(s3vectors_client(session), _meter().called),
            writers=settings.concurrency,
            kms_key_arn=settings.kms_key_arn,
            text_language=settings.text_language,
        ),
        catalog=catalog,
        planner=Planner(sources, recipe.digest, clock=_now),
        registrations=registrations,
        writer=Writer(registrations, embedder, counted=_meter().embedded),
        settler=Settler(queue, bucket, clock=_now),
        clock=_now,
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _seconds() -> float:
    return _now().timestamp()


@cache
def _retries() -> Retries:
    return Retries(sqs_client(_session()), _settings().queue_url)


def _report(result: BatchResult) -> None:
    """Tell what came of the batch; whose answer does not depend on it."""
    try:
        log_result(logger, result, _settings().connection)
        count_outcomes(_new_metrics(), result, now=_seconds())
    except Exception:
        logger.exception("the batch was not reported")


def _report_usage(request_id: str) -> None:
    report_meter(
        _meter(),
        model_uri=lambda: _settings().embedding_model,
        new_metrics=_new_metrics,
        failed=logger.exception,
        request_id=request_id,
    )


def _new_metrics() -> EphemeralMetrics:
    metrics = EphemeralMetrics(namespace=NAMESPACE, service=logger.service)
    metrics.add_dimension("stack", _settings().stack)
    return metrics


def _postpone(batch: list[Message], result: BatchResult) -> None:
    """Choose when the failed messages return, or come among the dead letters."""
    delays = {}
    for message in batch:
        error = result.failures.get(message.message_id)
        if error is None or not message.receipt_handle:
            continue
        busy_seconds = error.seconds if isinstance(error, DocumentBusyError) else 0
        delays[message.receipt_handle] = busy_seconds or retry_delay(message.receive_count)
    if not delays:
        return
    try:
        refused = _retries().postpone(delays)
    except (BotoCoreError, ClientError) as failure:
        # The others' answers must not wait for a queue that gives none.
        refused = [str(failure)]
    if refused:
        logger.warning("messages keep the queue's time-out", extra={"reason": refused[0]})

"""What came of a batch, for whoever watches: a line of log for each document, and metrics of all."""

from collections import Counter
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from catalog.index_identity import index_tenant
from documents_bucket import document_key
from indexing.batch import FORESEEN_ERRORS, BatchResult
from indexing.outcome import Outcome
from vector_store import ConnectionString
from vector_store.errors import VectorStoreThrottledError

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from aws_lambda_powertools.metrics import EphemeralMetrics

OUTCOME_METRICS = (
    "DocumentsIndexed",
    "DocumentsFailed",
    "DocumentsRemoved",
    "DocumentsPutBack",
    "MessagesRetried",
    "MessagesThrottled",
)
"""What is counted of each batch, over all tenants, none of it included: a rise is seen from nothing on."""

SECONDS_WAITED = "SecondsWaited"
"""Since a document of the batch was first asked for, of the one that waits longest: a message that was put
back is new to the queue. Nothing where no message says when it was sent."""


def log_result(logger: "Logger", result: BatchResult, connection: ConnectionString) -> None:
    """Log each document, with its tenant, and each message that is to come again, with its reason."""
    for report in result.reports:
        level = logger.warning if report.outcome is Outcome.FAILED else logger.info
        tenant = index_tenant(report.index, connection)
        level(
            "document %s",
            report.outcome,
            extra={"tenant": tenant and str(tenant), **asdict(report)},
        )
    for message_id, error in result.failures.items():
        document = document_key(result.failed_keys.get(message_id, ""))
        logger.error(
            "message to be delivered again",
            extra={
                "message_id": message_id,
                "key": document and document.key,
                "tenant": document and document.tenant_id and str(document.tenant_id),
                "error": type(error).__name__,
                "reason": str(error),
            },
            exc_info=None if isinstance(error, FORESEEN_ERRORS) else error,
        )


def count_outcomes(metrics: "EphemeralMetrics", result: BatchResult, *, now: float) -> None:
    """Write OUTCOME_METRICS and SECONDS_WAITED of a batch, with the dimensions that the metrics have."""
    counts = Counter(
        f"Documents{report.outcome.title().replace(' ', '')}" for report in result.reports
    )
    counts["MessagesRetried"] = len(result.failures)
    throttled = VectorStoreThrottledError
    counts["MessagesThrottled"] = sum(isinstance(e, throttled) for e in result.failures.values())
    for name in OUTCOME_METRICS:
        metrics.add_metric(name, "Count", counts[name])
    if result.asked_at:
        metrics.add_metric(SECONDS_WAITED, "Seconds", max(0.0, now - result.asked_at))
    metrics.flush_metrics()

"""Usage in CloudWatch's embedded metric format: one document for each tenant of an invocation.

A tenant is no dimension: CloudWatch bills each combination of dimensions as a metric of its own, so that
metrics would cost more than what they measure (docs/cost.md). It is a property of the document, which
Logs Insights sums by; the metrics sum over all tenants.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

from msgspec.structs import asdict

from embedding import ModelUri
from metering.meter import NO_TENANT, Meter
from metering.prices import PRICES
from metering.usage import Usage

NAMESPACE = "dropvec"

METRICS = {
    "put_requests": "Count",
    "put_vectors": "Count",
    "put_billed_bytes": "Bytes",
    "query_requests": "Count",
    "embedding_tokens": "Count",
}
"""Of the counts those that are metrics, with their units; the others are properties."""

ESTIMATED_COST = "EstimatedCost"
"""The metric of what S3 Vectors and Amazon Bedrock bill, in US dollars: CloudWatch has no such unit."""


class MetricSet(Protocol):
    """What Powertools' metrics are here: one document that is being written."""

    def add_metric(self, name: str, unit: str, value: float) -> None:
        """Add a number that becomes a metric."""
        ...

    def add_metadata(self, key: str, value: Any) -> None:
        """Add a property."""
        ...

    def flush_metrics(self) -> None:
        """Write the document, and forget it."""
        ...


def report_usage(
    usage_of: Mapping[str, Usage],
    *,
    new_metrics: Callable[[], MetricSet],
    cost: Callable[[Usage], float],
    **properties: str,
) -> None:
    """Write one document for each tenant: of what it used, what is not zero."""
    for tenant, usage in usage_of.items():
        metrics = new_metrics()
        for name, count in asdict(usage).items():
            if count and name in METRICS:
                metrics.add_metric(metric_name(name), METRICS[name], count)
            elif count:
                metrics.add_metadata(metric_name(name), count)
        metrics.add_metric(ESTIMATED_COST, "None", cost(usage))
        for name, value in properties.items():
            metrics.add_metadata(name, value)
        if tenant != NO_TENANT:
            metrics.add_metadata("tenant", tenant)
        metrics.flush_metrics()


def report_meter(
    meter: Meter,
    *,
    model_uri: Callable[[], str],
    new_metrics: Callable[[], MetricSet],
    failed: Callable[[str], object],
    **properties: str,
) -> None:
    """Write what a meter counted since it was last taken, and what that costs with an embedding model.

    Whoever is served does not depend on it: where it does not succeed, `failed` is told, within the
    handling of the exception, and nothing is raised.
    """
    try:
        model = ModelUri.parse(model_uri())
        report_usage(
            meter.take(),
            new_metrics=new_metrics,
            cost=partial(PRICES.of_usage, foundation_model=model.foundation_model),
            **properties,
        )
    except Exception:  # noqa: BLE001 - of whatever kind: `failed` logs it
        failed("the usage was not reported")


def metric_name(field: str) -> str:
    """Return how CloudWatch names a count, e.g. `PutBilledBytes`."""
    return "".join(word.capitalize() for word in field.split("_"))

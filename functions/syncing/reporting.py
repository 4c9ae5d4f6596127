"""What a comparison of everything counted, for whoever watches: metrics of each index, and of all."""

from collections.abc import Callable, Mapping

from catalog.index_identity import index_tenant
from metering import PRICES
from metering.report import MetricSet
from metering.typical_vector import TypicalVector
from syncing.totals import Totals
from vector_store import ConnectionString

DAYS_OF_A_MONTH = 30

OF_AN_INDEX = {"BytesPerQuery": "Bytes", "ProcessingCost": "None"}
"""Metrics with their units: what one query of the index processes, and what that costs in US dollars."""

OF_ALL = {
    "Documents": "Count",
    "FailedDocuments": "Count",
    "Indexes": "Count",
    "Vectors": "Count",
    "LargestIndexVectors": "Count",
    "StorageCost": "None",
}
"""The metrics of a run that is through, with their units; the cost is US dollars for a day."""


def report_indexes(
    totals: Totals,
    *,
    vector: TypicalVector,
    connection: ConnectionString,
    new_metrics: Callable[[], MetricSet],
) -> None:
    """Write a document for each index that this step counted to its end; its tenant is a property."""
    for index, vectors in totals.sizes.items():
        metrics = new_metrics()
        metrics.add_metadata("tenant", str(index_tenant(index, connection)))
        metrics.add_metadata("IndexVectors", vectors)
        metrics.add_metadata("IndexStorageCost", _of_a_day(vectors, vector))
        values = {
            "BytesPerQuery": vectors * vector.searched_bytes,
            "ProcessingCost": PRICES.of_processing(vectors, vector.searched_bytes),
        }
        _write(metrics, OF_AN_INDEX, values)


def report_totals(
    totals: Totals, *, vector: TypicalVector, new_metrics: Callable[[], MetricSet]
) -> None:
    """Write what there is in all, and what it costs to keep for a day."""
    values = {
        "Documents": totals.documents,
        "FailedDocuments": totals.failed,
        "Indexes": totals.indexes,
        "Vectors": totals.vectors,
        "LargestIndexVectors": totals.largest,
        "StorageCost": _of_a_day(totals.vectors, vector),
    }
    _write(new_metrics(), OF_ALL, values)


def _write(metrics: MetricSet, units: Mapping[str, str], values: Mapping[str, float]) -> None:
    for name, unit in units.items():
        metrics.add_metric(name, unit, values[name])
    metrics.flush_metrics()


def _of_a_day(vectors: int, vector: TypicalVector) -> float:
    return PRICES.of_storage(vectors * vector.stored_bytes) / DAYS_OF_A_MONTH

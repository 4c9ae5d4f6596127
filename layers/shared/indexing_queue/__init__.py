"""The indexing queue: requests to look at documents."""

from indexing_queue.requests import ReconcileQueue, ReconcileRequest, sqs_client

__all__ = ["ReconcileQueue", "ReconcileRequest", "sqs_client"]

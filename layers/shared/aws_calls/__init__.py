"""Calls of AWS's services, whichever: how long one may take, and several at once."""

from aws_calls.concurrency import as_they_come, in_order
from aws_calls.longest_call import longest_call_seconds

__all__ = ["as_they_come", "in_order", "longest_call_seconds"]

"""What logs and traces show of a function's work, and what they never show."""

from telemetry.library_logs import keep_bodies_out
from telemetry.tracing import Tracing, trace_calls

__all__ = ["Tracing", "keep_bodies_out", "trace_calls"]

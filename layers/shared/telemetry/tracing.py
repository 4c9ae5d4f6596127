"""AWS X-Ray: a subsegment for each call of a service, sent to the daemon that Lambda runs beside a function.

The X-Ray SDK does the same and more for half a second of every cold start. The form of what is sent:
AWS X-Ray Developer Guide, "Segment documents" and "Sending segment documents to the daemon".
"""

import json
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from botocore.session import Session
from msgspec import Struct

_HEADER = b'{"format": "json", "version": 1}\n'
_STARTED = "dropvec_started"
_OPERATION = "dropvec_operation"


class Tracing(Struct, frozen=True):
    """Where subsegments go, and what they are parts of."""

    daemon: str
    """`<address>:<port>`; Lambda's AWS_XRAY_DAEMON_ADDRESS."""
    header: Callable[[], str]
    """Gives the trace of the invocation that is under way; Lambda's _X_AMZN_TRACE_ID."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Tracing | None":
        """Return what Lambda's variables say; the trace is read anew for each call, as it changes."""
        daemon = environment.get("AWS_XRAY_DAEMON_ADDRESS", "")
        return cls(daemon, lambda: environment.get("_X_AMZN_TRACE_ID", "")) if daemon else None


def trace_calls(session: Session, tracing: Tracing | None) -> Session:
    """Return the session, whose clients from now on send a subsegment for each call they make.

    None traces nothing. A call is traced with its operation, its status and how long it took with all of its
    attempts; never with what was sent or answered. A trace that is not sampled is not sent.
    """
    if tracing is None:
        return session
    daemon = _Daemon(tracing)
    session.register("before-call", _begin)
    session.register("after-call", daemon.answered)
    session.register("after-call-error", daemon.failed)
    return session


def _begin(**call: Any) -> None:
    model, context = call["model"], call["context"]
    context[_STARTED] = time.time()
    context[_OPERATION] = model.service_model.service_id, model.name


class _Daemon:
    def __init__(self, tracing: Tracing) -> None:
        self._header = tracing.header
        host, _, port = tracing.daemon.rpartition(":")
        self._address = host, int(port)

    def answered(self, **call: Any) -> None:
        status = call["http_response"].status_code
        self._send(call["context"], status=status, error=400 <= status < 500, fault=status >= 500)

    def failed(self, **call: Any) -> None:
        self._send(call["context"], error=False, fault=True)

    def _send(
        self, context: dict[str, Any], *, error: bool, fault: bool, status: int | None = None
    ) -> None:
        trace = dict(part.partition("=")[::2] for part in self._header().split(";"))
        if trace.get("Sampled") != "1" or not {"Root", "Parent"} <= trace.keys():
            return
        if _STARTED not in context:
            return
        service, operation = context[_OPERATION]
        segment = {
            "type": "subsegment",
            "namespace": "aws",
            "name": service,
            "id": secrets.token_hex(8),
            "trace_id": trace["Root"],
            "parent_id": trace["Parent"],
            "start_time": context[_STARTED],
            "end_time": time.time(),
            "aws": {"operation": operation},
            "error": error,
            "throttle": status == 429,
            "fault": fault,
        }
        if status is not None:
            segment["http"] = {"response": {"status": status}}
        # A trace may lose something: no function waits for it, or fails.
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
            sending.setblocking(False)
            sending.sendto(_HEADER + json.dumps(segment).encode(), self._address)

"""Counting for each tenant, until somebody takes the counts."""

import threading
from collections import defaultdict

from metering.usage import Usage
from vector_store import IndexName, TenantId
from vector_store.calls import Call

NO_TENANT = ""
"""Whom requests about the vector bucket are counted for."""


class Meter:
    """What was used for each tenant since it was last taken; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._usage: defaultdict[str, Usage] = defaultdict(Usage)

    def called(self, call: Call) -> None:
        """Count a request to S3 Vectors for the tenant whose index it was about."""
        with self._lock:
            self._usage[_tenant_of(call.index_name)].add_call(call)

    def embedded(self, tenant_id: TenantId, tokens: int) -> None:
        """Count a call of the embedding model."""
        with self._lock:
            self._usage[str(tenant_id)].add_tokens(tokens)

    def take(self) -> dict[str, Usage]:
        """Return the counts by tenant, and begin anew."""
        with self._lock:
            taken, self._usage = self._usage, defaultdict(Usage)
        return taken


def _tenant_of(index_name: str) -> str:
    return str(IndexName.parse(index_name).tenant_id) if index_name else NO_TENANT

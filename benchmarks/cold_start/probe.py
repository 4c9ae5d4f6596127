"""A handler that stands before another, inside the container, and says what its cold start took.

From before the other's module is imported until its first answer; the runtime's own start is not in it.
"""

import time

_started = time.perf_counter(), time.process_time()

import importlib  # noqa: E402 - what is imported from here on counts
import os  # noqa: E402
from typing import Any  # noqa: E402

_module, _, _name = os.environ["PROBED_HANDLER"].rpartition(".")
_handler = getattr(importlib.import_module(_module), _name)


def handler(event: Any, context: Any) -> Any:
    """Return the seconds of wall clock and CPU until now, and the answer of the other handler."""
    answer = _handler(event, context)
    wall, cpu = (
        now - then
        for now, then in zip((time.perf_counter(), time.process_time()), _started, strict=True)
    )
    return {"wall": wall, "cpu": cpu, "answer": answer}

"""Processes as Lambda's are, which have no NumPy."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hidden_numpy() -> Iterator[None]:
    """Have it look as if nobody had imported NumPy, which the shared layer uses where somebody has."""
    numpy = sys.modules.pop("numpy", None)
    try:
        yield
    finally:
        if numpy:
            sys.modules["numpy"] = numpy

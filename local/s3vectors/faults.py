"""Faults on demand: errors, resets and waits in place of answers, or after the work is done."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from local.s3vectors.errors import (
    AccessDeniedError,
    InternalServerError,
    RequestTimeoutError,
    ServiceUnavailableError,
    TooManyRequestsError,
    ValidationError,
)
from local.s3vectors.requests import service_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.s3vectors.errors import S3VectorsError

CONNECTION_RESET = "ConnectionReset"

ERRORS: dict[str, type[S3VectorsError]] = {
    error.code: error
    for error in (
        AccessDeniedError,
        InternalServerError,
        RequestTimeoutError,
        ServiceUnavailableError,
        TooManyRequestsError,
    )
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to calls.

    * ``error``: an error's code or ``ConnectionReset``; none only waits.
    * ``operation``: the operation concerned; none is all.
    * ``times``: the next so many calls; none is until faults are cleared.
    * ``probability``: of each call to be struck.
    * ``delay_seconds``: waited before anything else.
    * ``performed``: the operation is carried out and only its answer lost.
    """

    error: str | None = None
    operation: str | None = None
    times: int | None = None
    probability: float = 1.0
    delay_seconds: float = 0.0
    performed: bool = False

    def __post_init__(self) -> None:
        """Raise ValidationError for what cannot be."""
        if self.error is not None and self.error not in {CONNECTION_RESET, *ERRORS}:
            known = ", ".join(sorted({CONNECTION_RESET, *ERRORS}))
            raise ValidationError.of_field("error", f"{self.error!r} is none of {known}")
        if self.operation not in {None, *service_model().operation_names}:
            raise ValidationError.of_field("operation", f"{self.operation!r} is no operation")
        if not 0 <= self.probability <= 1:
            message = f"{self.probability} is not between 0 and 1"
            raise ValidationError.of_field("probability", message)
        if self.times is not None and self.times < 1:
            raise ValidationError.of_field("times", f"{self.times} is less than 1")
        if self.delay_seconds < 0:
            raise ValidationError.of_field("delaySeconds", f"{self.delay_seconds} is less than 0")

    def strike(self) -> None:
        """Raise the error; ConnectionResetError for a reset, nothing for none."""
        if self.error == CONNECTION_RESET:
            raise ConnectionResetError("Connection reset on demand")
        if self.error is not None:
            raise ERRORS[self.error](f"{self.error} on demand")


NO_FAULT = Fault()


class Faults:
    """The faults to come; safe for threads. The first that concerns a call strikes it."""

    def __init__(
        self, *, random: Random | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._random = random or Random()  # noqa: S311 - no secret depends on it
        self._sleep = sleep
        self._lock = threading.Lock()
        self._faults: list[tuple[Fault, int | None]] = []

    def add(self, fault: Fault) -> None:
        """Have a fault strike calls from now on."""
        with self._lock:
            self._faults.append((fault, fault.times))

    def clear(self) -> None:
        """Have no faults any more."""
        with self._lock:
            self._faults.clear()

    def awaited(self, operation: str) -> Fault:
        """The fault of a call, its wait being over; NO_FAULT for most."""
        fault = self._due(operation)
        if fault.delay_seconds:
            self._sleep(fault.delay_seconds)
        return fault

    def _due(self, operation: str) -> Fault:
        with self._lock:
            for place, (fault, left) in enumerate(self._faults):
                if fault.operation not in (None, operation):
                    continue
                if self._random.random() >= fault.probability:
                    continue
                if left == 1:
                    del self._faults[place]
                elif left is not None:
                    self._faults[place] = (fault, left - 1)
                return fault
        return NO_FAULT

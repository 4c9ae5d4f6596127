"""How a command shows that it gets on: a bar on a terminal, else a line now and then."""

import sys
import time
from types import TracebackType
from typing import Self

from tqdm import tqdm

SECONDS_BETWEEN_LINES = 10.0


class Progress:
    """Counts on standard error; a context manager that ends the bar."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._count = 0
        self._note = ""
        self._is_terminal = sys.stderr.isatty()
        self._last_line = time.monotonic()
        self._bar = tqdm(unit=f" {unit}", disable=not self._is_terminal, dynamic_ncols=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.close()

    def advance(self, note: str, count: int = 1) -> None:
        """Count so many more; `note` says what came of all so far."""
        self._count += count
        if self._is_terminal:
            self._bar.update(count)
            if note != self._note:
                self._bar.set_postfix_str(note, refresh=False)
                self._note = note
        elif time.monotonic() - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            sys.stderr.write(f"{self._count:,} {self._unit}, {note}\n")
            sys.stderr.flush()

    def say(self, line: str) -> None:
        """Write a line of standard output, above the bar."""
        if self._is_terminal:
            self._bar.write(line, file=sys.stdout)
        else:
            sys.stdout.write(f"{line}\n")

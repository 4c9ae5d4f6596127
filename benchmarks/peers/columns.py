"""What the tables show of each kind of case."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.peers.cases import Kind
from benchmarks.peers.results import Run


@dataclass(frozen=True, slots=True)
class Column:
    """A figure as a table shows it: the median of the runs, or their sum."""

    heading: str
    figure: str
    decimals: int = 0
    unit: float = 1.0
    has_spread: bool = False
    """Whether the lowest and the highest are shown too."""
    is_sum: bool = False
    """Whether it counts what must never be, in all runs."""

    def values(self, runs: Sequence[Run]) -> list[float]:
        """Return what the runs had of it, in its unit, from the least on."""
        return sorted(run.figure(self.figure) / self.unit for run in runs)

    def value(self, runs: Sequence[Run]) -> float:
        """Return the median or the sum, to as many decimals as are shown; there is no -0."""
        values = self.values(runs)
        value = sum(values) if self.is_sum else statistics.median(values)
        return round(value, self.decimals) + 0.0

    def shown(self, runs: Sequence[Run]) -> str:
        """Return the cell of a table."""
        text = f"{self.value(runs):,.{self.decimals}f}"
        if not self.has_spread or len(runs) == 1:
            return text
        values = self.values(runs)
        return f"{text} [{values[0]:.{self.decimals}f}-{values[-1]:.{self.decimals}f}]"


REQUESTS = Column("requests", "requests")
SENT = Column("MB sent", "sent", 2, 1e6)
CPU = Column("CPU s", "cpu", 2, has_spread=True)
WALL = Column("wall s", "wall", 2, has_spread=True)
MEMORY = Column("memory MB", "peak", unit=1e6)
RESULTS = Column("results", "result")
LOST = Column("lost", "lost", is_sum=True)
SILENT = Column("missing without a word", "silent", is_sum=True)
LEFT = Column("old vectors left", "left", is_sum=True)

COLUMNS = {
    Kind.PUT: (REQUESTS, SENT, CPU, WALL, MEMORY, RESULTS, LOST),
    Kind.SMALL_PUTS: (
        *(REQUESTS, SENT, CPU, WALL),
        Column("told as failed", "refused", is_sum=True),
        Column("missing", "lost", is_sum=True),
        SILENT,
    ),
    Kind.QUERY: (REQUESTS, SENT, CPU, WALL, RESULTS),
    Kind.MANY_MATCHES: (REQUESTS, SENT, CPU, WALL, RESULTS),
    Kind.START: (CPU, WALL, MEMORY),
    Kind.UPDATE: (
        Column("texts embedded", "embedded"),
        REQUESTS,
        Column("KB sent", "sent", unit=1e3),
        Column("KB received", "received", unit=1e3),
        LEFT,
        LOST,
    ),
}

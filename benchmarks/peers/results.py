"""What came of the runs, kept in a file: a case that runs again replaces its own results alone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

OURS = "dropvec"


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of one library took: requests by operation, and figures in seconds and bytes."""

    requests: Mapping[str, int] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    error: str = ""
    """Why it did not come to its end, if it did not."""

    def figure(self, name: str) -> float:
        """Return a figure; `requests` are all of them."""
        return sum(self.requests.values()) if name == "requests" else self.figures[name]

    def has_failed(self) -> bool:
        """Return whether it raised an error, left something, or lost it and did not say so."""
        lost = self.figures.get("silent", self.figures.get("lost", 0))
        return bool(self.error or lost or self.figures.get("left"))


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one case: the runs of every library, and where and when they were made."""

    machine: str
    date: str
    runs: Mapping[str, Sequence[Run]]

    def done(self) -> dict[str, Sequence[Run]]:
        """Return the runs of the libraries that came to their end each time."""
        return {
            library: runs
            for library, runs in self.runs.items()
            if not any(run.error for run in runs)
        }


def load(path: Path) -> dict[str, Result]:
    """Return the results by the name of their case; none where there is no file."""
    if not path.exists():
        return {}
    return {
        case: Result(
            result["machine"],
            result["date"],
            {library: [Run(**run) for run in runs] for library, runs in result["runs"].items()},
        )
        for case, result in json.loads(path.read_text()).items()
    }


def save(path: Path, results: Mapping[str, Result]) -> None:
    """Write all results as JSON, a case a line."""
    lines = [
        f"{json.dumps(case)}: {json.dumps(asdict(result))}" for case, result in results.items()
    ]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")

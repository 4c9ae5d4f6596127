"""Our own packages, as they are."""

import shutil
from collections.abc import Sequence
from pathlib import Path


def copy(folder: Path, into: Path, *, packages: Sequence[str] | None) -> None:
    """Copy the folder's packages, or those that are named; what is no package stays."""
    found = sorted(path.parent.name for path in folder.glob("*/__init__.py"))
    for package in packages or found:
        if package not in found:
            raise FileNotFoundError(f"{folder} has no package {package!r}; it has {found}")
        shutil.copytree(
            folder / package, into / package, ignore=shutil.ignore_patterns("__pycache__")
        )

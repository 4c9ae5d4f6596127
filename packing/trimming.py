"""What third-party packages bring along and Lambda never reads."""

import shutil
from pathlib import Path

from packing import service_models

_UTILITIES = (
    "auth_alpha",
    "batch",
    "circuit_breaker",
    "data_classes",
    "data_masking",
    "feature_flags",
    "idempotency",
    "kafka",
    "metadata",
    "parameters",
    "parser",
    "streaming",
    "validation",
)

UNREAD = (
    "*.pyi",
    "py.typed",
    # what extensions were made from
    "*.c",
    "*.h",
    "*.pxd",
    "*.pxi",
    "*.pyx",
    # command lines
    "bin",
    "pypdfium2_cli",
    # Lambda's system has the time zones; nothing here asks for them
    "dateutil/zoneinfo/dateutil-zoneinfo.tar.gz",
    # of Powertools what is neither log nor metric; the handlers import nothing of it
    "aws_lambda_powertools/event_handler",
    *(f"aws_lambda_powertools/utilities/{name}" for name in _UTILITIES),
)
"""Files and folders, at any depth where the pattern has no slash."""

OF_DISTRIBUTION = ("METADATA", "licenses", "LICENSE*", "NOTICE*")
"""What is kept of a distribution's own folder: who made it, and on what terms."""


def trim(packages: Path) -> None:
    """Delete what nobody reads, and make botocore's data what these services need."""
    for pattern in UNREAD:
        for path in sorted(packages.glob(pattern if "/" in pattern else f"**/{pattern}")):
            _delete(path)
    for distribution in packages.glob("*.dist-info"):
        kept = {path for pattern in OF_DISTRIBUTION for path in distribution.glob(pattern)}
        for path in set(distribution.iterdir()) - kept:
            _delete(path)
    service_models.trim(packages / "botocore" / "data")


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()

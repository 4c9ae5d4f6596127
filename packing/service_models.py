"""botocore's data, of the services that are called, without what only people read.

A client reads its service's model when it is made. Unpacked and without its prose, S3's is a sixth as
long; the list of all services' endpoints, which every client reads, a fortieth.
"""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

SERVICES = (
    "bedrock-agent-runtime",
    "bedrock-runtime",
    "dynamodb",
    "s3",
    "s3vectors",
    "sqs",
    "ssm",
    "sts",
)
"""Those that functions call, and STS, which credentials may come from."""

READ = ("endpoint-rule-set-1", "paginators-1", "service-2")
"""The kinds of files that a client reads; the others are examples and waiters."""

OF_ALL_SERVICES = ("_retry", "endpoints", "partitions", "sdk-default-configuration")


def trim(data: Path) -> None:
    """Leave what clients of the services read."""
    for path in sorted(data.iterdir()):
        if path.is_dir():
            if path.name in SERVICES:
                _trim_service(path)
            else:
                shutil.rmtree(path)
        elif path.name.removesuffix(".json") not in OF_ALL_SERVICES:
            path.unlink()
    _trim_endpoints(data)


def _trim_service(folder: Path) -> None:
    *outdated, version = sorted(folder.iterdir())
    for path in outdated:
        shutil.rmtree(path)
    for path in sorted(version.iterdir()):
        if path.name.split(".", 1)[0] in READ:
            model = _without_prose(_read(path))
            for parameter in model.get("clientContextParams", {}).values():
                parameter["documentation"] = ""  # the one that botocore reads
            _write(version / path.name.removesuffix(".gz"), model)
        if path.suffix == ".gz" or path.name.split(".", 1)[0] not in READ:
            path.unlink()


def _trim_endpoints(data: Path) -> None:
    prefixes = {
        _read(path)["metadata"]["endpointPrefix"] for path in data.glob("*/*/service-2.json")
    }
    endpoints = _read(data / "endpoints.json")
    for partition in endpoints["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in services if name in prefixes}
    _write(data / "endpoints.json", endpoints)


def _without_prose(value: Any) -> Any:
    """The value without documentation; a member of that name is no text, and stays."""
    if isinstance(value, dict):
        return {
            key: _without_prose(member)
            for key, member in value.items()
            if not (key == "documentation" and isinstance(member, str))
        }
    if isinstance(value, list):
        return [_without_prose(member) for member in value]
    return value


def _read(path: Path) -> Any:
    written = path.read_bytes()
    return json.loads(gzip.decompress(written) if path.suffix == ".gz" else written)


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, separators=(",", ":")))

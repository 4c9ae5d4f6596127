"""What the services of this machine are told to do: to wait, as those on the way do, or to fail."""

import json
import urllib.request
from typing import Any

_FAULTS = "/_s3vectors/faults"


def set_faults(endpoint_url: str, *faults: dict[str, Any]) -> None:
    """Have S3 Vectors do these from now on, and no others; with none, it answers at once."""
    administer(endpoint_url, _FAULTS, method="DELETE")
    for fault in faults:
        administer(endpoint_url, _FAULTS, fault)


def delay_vectors(endpoint_url: str, seconds: float) -> None:
    """Have S3 Vectors wait so long before each answer; 0 for not at all."""
    set_faults(endpoint_url, *([{"delaySeconds": seconds}] if seconds else []))


def administer(
    endpoint_url: str, path: str, body: dict[str, Any] | None = None, *, method: str = "POST"
) -> None:
    """Send a request to one of the endpoint's routes that are no service of AWS."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(endpoint_url + path, data=data, method=method)  # noqa: S310 - the endpoint's own
    with urllib.request.urlopen(request):  # noqa: S310 - the endpoint's own
        pass

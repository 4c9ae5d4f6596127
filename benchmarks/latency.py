"""Time that a service takes on the way, which a service of this machine does not."""

import json
import urllib.request


def delay_vectors(endpoint_url: str, seconds: float) -> None:
    """Have S3 Vectors wait so long before each answer; 0 for not at all."""
    _administer(endpoint_url, "DELETE")
    if seconds:
        _administer(endpoint_url, "POST", {"delaySeconds": seconds})


def _administer(endpoint_url: str, method: str, fault: dict[str, float] | None = None) -> None:
    body = json.dumps(fault).encode() if fault else None
    request = urllib.request.Request(  # noqa: S310 - the endpoint's own
        f"{endpoint_url}/_s3vectors/faults", data=body, method=method
    )
    with urllib.request.urlopen(request):  # noqa: S310
        pass

"""The admin routes, which AWS has not: faults, write quotas and the record of calls over HTTP.

======  ========================  ==========================================================
POST    /_s3vectors/faults        add a fault: ``{"error": "TooManyRequestsException",
                                  "operation": "PutVectors", "times": 3, "probability": 1.0,
                                  "delaySeconds": 0, "performed": false}``, all optional
DELETE  /_s3vectors/faults        clear all
PUT     /_s3vectors/write-rates   ``{"enforced": true}``
GET     /_s3vectors/calls         the latest calls
DELETE  /_s3vectors/calls         forget them
======  ========================  ==========================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.s3vectors.errors import UnknownOperationError, ValidationError
from local.s3vectors.faults import Fault

if TYPE_CHECKING:
    from local.s3vectors.calls import Call
    from local.s3vectors.service import S3VectorsService

PREFIX = "/_s3vectors/"

# Members of a fault: its field, and the JSON types it may have.
FAULT_MEMBERS: dict[str, tuple[str, tuple[type, ...]]] = {
    "error": ("error", (str,)),
    "operation": ("operation", (str,)),
    "times": ("times", (int,)),
    "probability": ("probability", (int, float)),
    "delaySeconds": ("delay_seconds", (int, float)),
    "performed": ("performed", (bool,)),
}


def administer(
    service: S3VectorsService, method: str, path: str, request: dict[str, Any]
) -> dict[str, Any]:
    """The answer to an admin request; UnknownOperationError for another route."""
    match method, path.removeprefix(PREFIX):
        case "POST", "faults":
            service.faults.add(_fault(request))
        case "DELETE", "faults":
            service.faults.clear()
        case "PUT", "write-rates":
            service.enforce_write_rates(enforced=request.get("enforced") is True)
        case "GET", "calls":
            return {"calls": [_call(call) for call in service.calls.of()]}
        case "DELETE", "calls":
            service.calls.clear()
        case _:
            raise UnknownOperationError(f"There is no admin route {method} {path}")
    return {}


def _fault(request: dict[str, Any]) -> Fault:
    fields = {}
    for member, value in request.items():
        if member not in FAULT_MEMBERS:
            known = ", ".join(FAULT_MEMBERS)
            raise ValidationError.of_field(member, f"{member!r} is none of {known}")
        name, kinds = FAULT_MEMBERS[member]
        if type(value) not in kinds:
            raise ValidationError.of_field(member, f"{value!r} is not {kinds[-1].__name__}")
        fields[name] = value
    return Fault(**fields)


def _call(call: Call) -> dict[str, Any]:
    return {
        "operation": call.operation,
        "resource": call.resource,
        "principal": call.principal,
        "requestBytes": call.request_bytes,
        "error": call.error,
    }

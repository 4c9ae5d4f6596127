"""Requests and answers as an HTTP API of API Gateway carries them (payload format 2.0).

Powertools' resolver does this and more for a fifth of a cold start; the routes are few, and stand in
`querying.routes` already.
"""

import base64
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from msgspec import Struct

from querying.errors import BodyTooLargeError

MAX_BODY_BYTES = 131_072
"""Room for the longest query and a filter of 100 constraints."""


class HttpRequest(Struct, frozen=True):
    """What a caller sent, and what the gateway says of it."""

    event: Mapping[str, Any]
    """The whole event."""
    method: str
    path: str
    """As it was sent: nothing in it is decoded."""
    request_id: str
    """The gateway's, which its access log has too."""

    @classmethod
    def of_event(cls, event: Mapping[str, Any]) -> "HttpRequest":
        """Return the request that an event is about."""
        context = event["requestContext"]
        return cls(event, context["http"]["method"], event["rawPath"], context["requestId"])

    @property
    def parameters(self) -> Mapping[str, str]:
        """Those of the URL's query string; several values of a name are one text."""
        return self.event.get("queryStringParameters") or {}

    @property
    def accept_encoding(self) -> str:
        """Which codings of the answer the caller can read."""
        return str((self.event.get("headers") or {}).get("accept-encoding", ""))

    @property
    def body(self) -> bytes:
        """What was sent with it; raises BodyTooLargeError."""
        body = (self.event.get("body") or "").encode()
        if self.event.get("isBase64Encoded"):
            body = base64.b64decode(body)
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLargeError(f"the body is over {MAX_BODY_BYTES:,} bytes")
        return body


def json_answer(
    status: HTTPStatus, value: Any, *, content_type: str = "application/json", **headers: str
) -> dict[str, Any]:
    """Return the Lambda answer that has a value as its JSON body; the headers' `_` are `-`."""
    named = {name.replace("_", "-"): header for name, header in headers.items()}
    return {
        "statusCode": status.value,
        "headers": {"Content-Type": content_type, **named},
        "body": json_text(value),
        "isBase64Encoded": False,
    }


def json_text(value: Any) -> str:
    """Return a value's JSON, as answers have it."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:  # an integer of more than 64 bits, or half a character
        return json.dumps(value, separators=(",", ":"))

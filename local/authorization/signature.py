"""Whom a request comes from, and which service it is for: as it is signed, not verified."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_SCOPE = re.compile(r"Credential=([^/,\s]+)/\d+/([^/]+)/([^/]+)/aws4_request")


@dataclass(frozen=True, slots=True)
class Signature:
    """The credential scope of Signature Version 4, in the header or in a presigned URL's query."""

    access_key_id: str
    region: str
    service: str

    @classmethod
    def of(cls, environ: "WSGIEnvironment") -> Self | None:
        """Return a request's signature; None if it has none."""
        header = environ.get("HTTP_AUTHORIZATION", "")
        found = _SCOPE.search(header or unquote(environ.get("QUERY_STRING", "")))
        return cls(*found.groups()) if found else None

"""Answers in the form that a client asked for: brotli or gzip, where it says that it reads them."""

import base64
import gzip
from collections.abc import Callable, Mapping
from typing import Any

MIN_BYTES = 1_400
"""What fits into one packet is not worth the work."""

GZIP_LEVEL = 6
BROTLI_QUALITY = 5
"""The best of those that take no longer than gzip does; the default, 11, takes 80 times as long."""


def encoded(answer: dict[str, Any], accept_encoding: str) -> dict[str, Any]:
    """Return a Lambda answer as it was asked for; a small one, or one of bytes, as it is."""
    body = answer.get("body") or ""
    if answer.get("isBase64Encoded") or len(body) < MIN_BYTES:
        return answer
    headers = {**answer["headers"], "Vary": "Accept-Encoding"}
    coding = preferred_coding(accept_encoding)
    if coding is None:
        return {**answer, "headers": headers}
    return {
        **answer,
        "headers": {**headers, "Content-Encoding": coding},
        "body": base64.b64encode(_CODINGS[coding](body.encode())).decode(),
        "isBase64Encoded": True,
    }


def preferred_coding(accept_encoding: str) -> str | None:
    """Return the best of our codings that an Accept-Encoding header takes; None for none of them."""
    weights = dict(map(_weighed, accept_encoding.lower().split(",")))
    taken = {coding: weights.get(coding, weights.get("*", 0.0)) for coding in _CODINGS}
    # Of equal weights the first, which is the smaller one.
    best = max(taken, key=taken.__getitem__)
    return best if taken[best] > 0 else None


def _weighed(element: str) -> tuple[str, float]:
    """A coding and its weight, 0 where that is none."""
    coding, *parameters = (part.strip() for part in element.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return coding, float(value)
            except ValueError:
                return coding, 0.0
    return coding, 1.0


def _brotli(body: bytes) -> bytes:
    # Not before somebody asks for it: most do not.
    import brotli  # noqa: PLC0415

    return bytes(brotli.compress(body, quality=BROTLI_QUALITY))


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, GZIP_LEVEL, mtime=0)


_CODINGS: Mapping[str, Callable[[bytes], bytes]] = {"br": _brotli, "gzip": _gzip}

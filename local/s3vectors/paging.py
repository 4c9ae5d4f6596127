"""Opaque page tokens that only their own service accepts, for the request they were given for."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Any

import orjson

from local.s3vectors.errors import InvalidTokenError

MAC_BYTES = 16


class PageTokens:
    """Tokens signed with one secret.

    A token holds a position; the scope (operation, resource and what else must stay the same from
    page to page) only enters its signature.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def issue(self, scope: list[Any], position: list[Any]) -> str:
        """The token for the page after ``position``."""
        payload = orjson.dumps(position)
        return base64.urlsafe_b64encode(self._mac(scope, payload) + payload).decode()

    def position(self, scope: list[Any], token: str) -> list[Any]:
        """The position in a token; InvalidTokenError unless issued here for the same scope."""
        try:
            signed = base64.b64decode(token, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidTokenError from error
        mac, payload = signed[:MAC_BYTES], signed[MAC_BYTES:]
        # Comparing the text too refuses another spelling of the same bytes.
        canonical = base64.urlsafe_b64encode(signed).decode() == token
        if not (canonical and hmac.compare_digest(mac, self._mac(scope, payload))):
            raise InvalidTokenError
        position: list[Any] = orjson.loads(payload)
        return position

    def _mac(self, scope: list[Any], payload: bytes) -> bytes:
        scoped = orjson.dumps(scope, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_SORT_KEYS)
        digest = hashlib.blake2b(key=self._secret, digest_size=MAC_BYTES)
        digest.update(len(scoped).to_bytes(8, "big") + scoped + payload)
        return digest.digest()

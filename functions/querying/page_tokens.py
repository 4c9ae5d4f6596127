"""Page tokens: where an answer goes on, for whoever asked it, for some minutes, and for nobody else.

A token is a signed note, not a secret: HMAC-SHA-256 over when it expires, which index and which
request it belongs to (as digests), and the position. The index's own token, which knows nothing of
tenants, is inside.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from querying.errors import PageTokenError
from querying.paging_keys import PagingKeys
from querying.query_schema import Mode

LIFETIME_SECONDS = 900
"""About as long as the index's own tokens can be expected to live."""

_MAC_BYTES = 32
_AGAIN = "ask again without next_token"


class Position(Struct, frozen=True):
    """Where a query goes on."""

    mode: Mode
    """How it is searched: what the first page was."""
    index_token: str | None = None
    """The index's token for the page of 100 that the position is in; None in the first."""
    skip: int = 0
    """What of that page has been answered: matches, or groups of them."""


class PageScope(Struct, frozen=True):
    """Whose pages they are: the index, what is looked for in it, and all of the request but its token."""

    index: str
    request: str

    @classmethod
    def of(cls, index: str, kind: str, request: Struct) -> "PageScope":
        """Return the scope of a request to an index (its bucket and name, so its tenant).

        `kind` says what the request is about: the model of a query, or that documents are listed.
        """
        asked = {**asdict(request), "next_token": None}
        return cls(_digest([index, kind]), _digest(asked))


class PageTokens:
    """Issues page tokens, and reads back those that are valid."""

    def __init__(self, keys: PagingKeys, *, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._clock = clock

    def issue(self, scope: PageScope, position: Position) -> str:
        """Return the token that leads to a query's position; raises PagingKeysUnavailableError."""
        return self.sign(scope, [position.mode, position.index_token, position.skip])

    def read(self, scope: PageScope, token: str) -> Position:
        """Return the position that a query's token leads to; raises like `content`."""
        return Position(*self.content(scope, token))

    def sign(self, scope: PageScope, content: list[Any]) -> str:
        """Return the token that holds the content, which is JSON; raises PagingKeysUnavailableError."""
        expires = int(self._clock()) + LIFETIME_SECONDS
        note = [expires, scope.index, scope.request, *content]
        payload = json.dumps(note, separators=(",", ":")).encode()
        signed = _mac(self._keys.current()[0], payload) + payload
        return base64.urlsafe_b64encode(signed).decode().rstrip("=")

    def content(self, scope: PageScope, token: str) -> list[Any]:
        """Return what a token holds.

        Raises PageTokenError for one that was not issued here or not for this scope, that was
        changed, or has expired; and PagingKeysUnavailableError.
        """
        payload = self._verified(token)
        if payload is None:
            raise PageTokenError(f"next_token: it was not issued here, or was changed; {_AGAIN}")
        expires, index, request, *content = json.loads(payload)
        if index != scope.index:
            raise PageTokenError(f"next_token: it was issued for another tenant or index; {_AGAIN}")
        if request != scope.request:
            raise PageTokenError(
                "next_token: it goes with the request that it answered, unchanged; repeat that "
                f"request with next_token added, or {_AGAIN}"
            )
        if self._clock() >= expires:
            raise PageTokenError(
                f"next_token: it has expired, {LIFETIME_SECONDS // 60} minutes after its page; {_AGAIN}"
            )
        return list(content)

    def _verified(self, token: str) -> bytes | None:
        """The payload, when one of the keys signed it."""
        try:
            signed = base64.b64decode(token + -len(token) % 4 * "=", altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        mac, payload = signed[:_MAC_BYTES], signed[_MAC_BYTES:]

        def is_signed_by(key: bytes) -> bool:
            return hmac.compare_digest(mac, _mac(key, payload))

        if any(map(is_signed_by, self._keys.current())):
            return payload
        # Another container may know a newer key.
        return payload if any(map(is_signed_by, self._keys.renewed())) else None


def _mac(key: bytes, payload: bytes) -> bytes:
    return hmac.digest(key, payload, "sha256")


def _digest(value: Any) -> str:
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    return base64.b64encode(hashlib.blake2b(canonical, digest_size=16).digest()).decode()

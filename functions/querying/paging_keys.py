"""The keys that page tokens are signed with: cached, two valid at a time, so that one can be replaced."""

import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, cast

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from querying.errors import PagingKeyError, PagingKeysUnavailableError

if TYPE_CHECKING:
    from botocore.session import Session
    from mypy_boto3_ssm import SSMClient

CACHE_SECONDS = 300.0
RENEWAL_SECONDS = 10.0
"""Keys are loaded no more often than this, however many tokens are refused."""

MIN_KEY_CHARACTERS = 32


class PagingKeys(Protocol):
    """The signing keys, newest first: at least one. Both methods raise PagingKeysUnavailableError."""

    def current(self) -> Sequence[bytes]:
        """Return the keys; the first signs, all are accepted."""
        ...

    def renewed(self) -> Sequence[bytes]:
        """Return the keys as they are now, for a token that none of the current ones signed."""
        ...


class CachedPagingKeys:
    """Keys that a loader gets, for five minutes."""

    def __init__(
        self, load: Callable[[], Sequence[bytes]], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._load = load
        self._clock = clock
        self._keys: Sequence[bytes] = ()
        self._loaded = float("-inf")

    def current(self) -> Sequence[bytes]:
        """Return the keys, of five minutes ago at most."""
        return self._of_at_most(CACHE_SECONDS)

    def renewed(self) -> Sequence[bytes]:
        """Return the keys, of ten seconds ago at most."""
        return self._of_at_most(RENEWAL_SECONDS)

    def _of_at_most(self, seconds: float) -> Sequence[bytes]:
        now = self._clock()
        if now - self._loaded >= seconds:
            self._keys, self._loaded = self._load(), now
        return self._keys


def ssm_client(session: "Session") -> "SSMClient":
    """Return a client of the service with retries and time-outs set."""
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=3, read_timeout=5
    )
    return cast("SSMClient", session.create_client("ssm", config=config))


class PagingKeyParameter:
    """Keys in a SecureString parameter of SSM: the newest version, and the one before it.

    It is created when it is missing; to put a new version of it is to replace the key. What makes
    the client is passed in, as few questions need it.
    """

    def __init__(self, name: str, make_client: "Callable[[], SSMClient]") -> None:
        self._name = name
        self._make_client = make_client

    @cached_property
    def _client(self) -> "SSMClient":
        return self._make_client()

    def load(self) -> list[bytes]:
        """Return one key or two; raises PagingKeysUnavailableError, or PagingKeyError for a bad newest one.

        A bad one never signed anything: it does no harm once it is replaced.
        """
        try:
            newest = self._get(self._name)
            if newest is None:
                newest = self._created()
            version, key = newest
            before = self._get(f"{self._name}:{version - 1}") if version > 1 else None
        except ClientError as error:
            code = error.response["Error"]["Code"]
            kind = PagingKeyError if code.startswith("AccessDenied") else PagingKeysUnavailableError
            raise kind(f"parameter {self._name}: {error}") from error
        except BotoCoreError as error:
            raise PagingKeysUnavailableError(f"parameter {self._name}: {error}") from error
        if not _is_long_enough(key):
            raise PagingKeyError(
                f"parameter {self._name} has {len(key)} characters; a key has {MIN_KEY_CHARACTERS} "
                "at least"
            )
        keys = [key, before[1]] if before and _is_long_enough(before[1]) else [key]
        return [each.encode() for each in keys]

    def _get(self, name: str) -> tuple[int, str] | None:
        """A version and its key; None where there is no such parameter or version."""
        client = self._client
        try:
            parameter = client.get_parameter(Name=name, WithDecryption=True)["Parameter"]
        except (
            client.exceptions.ParameterNotFound,
            client.exceptions.ParameterVersionNotFound,
        ):
            return None
        return parameter["Version"], parameter["Value"]

    def _created(self) -> tuple[int, str]:
        # Somebody else may be faster.
        with suppress(self._client.exceptions.ParameterAlreadyExists):
            self._client.put_parameter(
                Name=self._name,
                Description="Signs the page tokens of dropvec; a new version replaces the key",
                Value=secrets.token_hex(MIN_KEY_CHARACTERS),
                Type="SecureString",
            )
        newest = self._get(self._name)
        if newest is None:
            raise PagingKeysUnavailableError(f"parameter {self._name} is not there yet")
        return newest


def _is_long_enough(key: str) -> bool:
    return len(key) >= MIN_KEY_CHARACTERS

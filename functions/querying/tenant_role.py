"""The tenant role: sessions whose credentials open what is one tenant's, and nothing else."""

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

from botocore.config import Config
from botocore.credentials import (
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from querying.errors import TenantRoleError, TenantRoleUnavailableError

SESSION_SECONDS = 3_600
"""The longest that STS gives a role which another role's session assumes. botocore renews the
credentials in the last quarter of an hour, and signs with none that end within ten minutes."""

CLIENT_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=2, read_timeout=5
)

REFUSED = "AccessDenied"


class TenantRole:
    """The role, as the function's own session may assume it."""

    def __init__(self, session: Session, role_arn: str) -> None:
        self._session = session
        self._role_arn = role_arn

    def session_for(self, *, tenant: str, index: str) -> Session:
        """Return a session of its own, which calls AWS as this tenant's reader; sends nothing yet.

        `tenant` is whom the gateway authorized, `index` the full name of the index that is to be
        read: the role opens nothing unless they belong together. A client's call raises
        TenantRoleError when STS refuses them, TenantRoleUnavailableError when it does not answer.
        """
        session = Session()
        # Reading the services' models is what a session takes its time for.
        session.register_component("data_loader", self._session.get_component("data_loader"))
        provider = _OnlyCredentials(partial(self._assume, tenant, index))
        session.register_component("credential_provider", CredentialResolver([provider]))
        return session

    @cached_property
    def _sts(self) -> Any:
        return self._session.create_client("sts", config=CLIENT_CONFIG)

    def _assume(self, tenant: str, index: str) -> dict[str, str]:
        try:
            answer = self._sts.assume_role(
                RoleArn=self._role_arn,
                RoleSessionName=f"tenant-{tenant}",
                DurationSeconds=SESSION_SECONDS,
                Tags=[{"Key": "tenant", "Value": tenant}, {"Key": "index", "Value": index}],
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            kind = TenantRoleError if code == REFUSED else TenantRoleUnavailableError
            raise kind(f"{self._role_arn} for {tenant} and {index}: {code}") from error
        except BotoCoreError as error:
            raise TenantRoleUnavailableError(f"{self._role_arn}: {error}") from error
        credentials = answer["Credentials"]
        return {
            "access_key": credentials["AccessKeyId"],
            "secret_key": credentials["SecretAccessKey"],
            "token": credentials["SessionToken"],
            "expiry_time": credentials["Expiration"].isoformat(),
        }


class _OnlyCredentials(CredentialProvider):
    """Credentials that are asked for when something is first signed, and before they end."""

    METHOD = CANONICAL_NAME = "tenant-role"

    def __init__(self, assume: Callable[[], dict[str, str]]) -> None:
        super().__init__()
        self._assume = assume

    def load(self) -> DeferredRefreshableCredentials:
        """Return them."""
        return DeferredRefreshableCredentials(self._assume, self.METHOD)

"""Links to documents' sources: URLs that S3 lets anybody open for a while, signed as the tenant."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

from botocore.config import Config
from botocore.session import Session

from documents_bucket.keys import TENANTS_PREFIX
from querying.documents_schema import Link
from vector_store import TenantId

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LIFETIME_SECONDS = 300
"""Less than what is left of credentials that are still signed with."""


def signing_client(session: Session) -> "S3Client":
    """Return a client that signs URLs as every region takes them; it sends nothing."""
    client = session.create_client("s3", config=Config(signature_version="s3v4"))
    return cast("S3Client", client)


class SourceLinks:
    """Makes links into one bucket, for one tenant."""

    def __init__(
        self,
        make_client: "Callable[[], S3Client]",
        bucket: str,
        tenant_id: TenantId,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._make_client = make_client
        self._client: S3Client | None = None
        self._bucket = bucket
        self._tenant_id = tenant_id
        self._clock = clock

    def link(self, key: str) -> Link | None:
        """Return a link to the current version of a document of this tenant.

        None for one of the default tenant's that lies below `tenants/`: the tenant role opens nothing
        there without that tenant's tag.
        """
        if self._tenant_id.is_default and key.startswith(TENANTS_PREFIX):
            return None
        self._client = self._client or self._make_client()
        expires_at = self._clock() + timedelta(seconds=LIFETIME_SECONDS)
        url = self._client.generate_presigned_url(
            "get_object", Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=LIFETIME_SECONDS
        )
        return {"url": url, "expires_at": expires_at.isoformat(timespec="seconds")}

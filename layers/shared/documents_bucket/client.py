"""The client of S3 with which functions and commands read the documents bucket."""

from typing import TYPE_CHECKING, Final, cast

from botocore.config import Config
from botocore.session import Session

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CLIENT_CONFIG: Final = Config(
    retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=3, read_timeout=30
)


def s3_client(session: Session | None = None) -> "S3Client":
    """Return a client of S3 with retries and time-outs set: 5 attempts, 30 s for an answer."""
    return cast("S3Client", (session or Session()).create_client("s3", config=CLIENT_CONFIG))

"""The catalog's errors.

CatalogError
├── CatalogConflictError       somebody else changed the document's entry since it was read
├── DocumentWantedError        events came while the document was held: look at it again
├── LeaseTooShortError         the claim may end before the next call does; nothing was sent
├── CatalogUnavailableError    throttled, timed out or out of service; repeat later
└── ModelMismatchError         the index holds embeddings of another model
"""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

CONDITION_FAILED = "ConditionalCheckFailedException"


class CatalogError(Exception):
    """The base of every error of this package."""


class CatalogConflictError(CatalogError):
    """The entry is not the one that was read; read it again."""


class DocumentWantedError(CatalogError):
    """Events of the document came while it was held; its worker has to look again before it ends."""

    def __init__(self, message: str, wanted: int) -> None:
        super().__init__(message)
        self.wanted = wanted


class LeaseTooShortError(CatalogError):
    """The claim may end before the next call does."""


class CatalogUnavailableError(CatalogError):
    """DynamoDB could not answer now."""


class ModelMismatchError(CatalogError):
    """An index takes the embeddings of one model only."""


def error_code(error: ClientError) -> str:
    """Return DynamoDB's error code."""
    return error.response["Error"]["Code"]


@contextmanager
def dynamodb_errors(target: str) -> Iterator[None]:
    """Raise DynamoDB's errors as the catalog's own; `target` names what the call was about."""
    try:
        yield
    except ClientError as error:
        code = error_code(error)
        if code == CONDITION_FAILED:
            raise CatalogConflictError(f"{target} was changed by another worker") from error
        message = error.response["Error"].get("Message", "")
        raise CatalogUnavailableError(f"{target}: {code}: {message}") from error
    except BotoCoreError as error:
        raise CatalogUnavailableError(f"{target}: {error}") from error

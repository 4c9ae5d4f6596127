"""The catalog's errors.

CatalogError
├── CatalogConflictError       somebody else changed the document's entry since it was read
├── CatalogUnavailableError    throttled, timed out or out of service; repeat later
└── ModelMismatchError         the index holds embeddings of another model
"""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError


class CatalogError(Exception):
    """The base of every error of this package."""


class CatalogConflictError(CatalogError):
    """The entry is not the one that was read; read it again."""


class CatalogUnavailableError(CatalogError):
    """DynamoDB could not answer now."""


class ModelMismatchError(CatalogError):
    """An index takes the embeddings of one model only."""


@contextmanager
def dynamodb_errors(target: str) -> Iterator[None]:
    """Raise DynamoDB's errors as the catalog's own; `target` names what the call was about."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ConditionalCheckFailedException":
            raise CatalogConflictError(f"{target} was changed by another worker") from error
        message = error.response["Error"].get("Message", "")
        raise CatalogUnavailableError(f"{target}: {code}: {message}") from error
    except BotoCoreError as error:
        raise CatalogUnavailableError(f"{target}: {error}") from error

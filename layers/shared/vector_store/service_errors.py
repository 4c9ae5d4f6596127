"""What an error of the service, or of the way to it, means to the store's callers."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from vector_store.errors import (
    RejectedRequestError,
    VectorIndexNotFoundError,
    VectorStoreAccessError,
    VectorStoreError,
    VectorStoreThrottledError,
    VectorStoreUnavailableError,
)

_ERRORS: dict[str, type[VectorStoreError]] = {
    "AccessDeniedException": VectorStoreAccessError,
    "ConflictException": RejectedRequestError,
    "KmsDisabledException": VectorStoreAccessError,
    "KmsInvalidKeyUsageException": VectorStoreAccessError,
    "KmsInvalidStateException": VectorStoreAccessError,
    "KmsNotFoundException": VectorStoreAccessError,
    "NotFoundException": VectorIndexNotFoundError,
    "SerializationException": RejectedRequestError,
    "ServiceQuotaExceededException": RejectedRequestError,
    "TooManyRequestsException": VectorStoreThrottledError,
    "ValidationException": RejectedRequestError,
}


def error_code(error: ClientError) -> str:
    """Return the service's error code, e.g. `NotFoundException`."""
    return error.response["Error"]["Code"]


@contextmanager
def service_errors(target: str) -> Iterator[None]:
    """Raise errors of the service as the store's own; what is unknown counts as temporary.

    `target` names what the call was about, for the message.
    """
    try:
        yield
    except ClientError as error:
        kind = _ERRORS.get(error_code(error), VectorStoreUnavailableError)
        message = error.response["Error"].get("Message", "")
        raise kind(f"{target}: {error_code(error)}: {message}") from error
    except ParamValidationError as error:
        raise RejectedRequestError(f"{target}: {error}") from error
    except BotoCoreError as error:
        raise VectorStoreUnavailableError(f"{target}: {error}") from error

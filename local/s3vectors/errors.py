"""The service's errors, as exceptions.

::

    S3VectorsError
    ├── ValidationError                400  carries the fields that failed
    │   ├── InvalidFilterError
    │   └── InvalidTokenError
    ├── SerializationError             400  not in the service model
    ├── UnknownOperationError          404  not in the service model
    ├── NotFoundError                  404
    │   ├── VectorBucketNotFoundError
    │   ├── IndexNotFoundError
    │   └── PolicyNotFoundError
    ├── ConflictError                  409
    ├── ServiceQuotaExceededError      402
    ├── AccessDeniedError              403
    ├── RequestTimeoutError            408
    ├── TooManyRequestsError           429
    ├── InternalServerError            500
    └── ServiceUnavailableError        503

    DataFolderError                     of the machine: raised when a service is made

``str(error)`` is the message that the service sends, word for word where it is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class InvalidField:
    """One entry of a ValidationException's ``fieldList``."""

    path: str
    message: str


class DataFolderError(Exception):
    """A data folder that is in use, damaged, or of another account or region."""


class S3VectorsError(Exception):
    """Every answer of the service that is not a result."""

    code: ClassVar[str]
    status: ClassVar[int]

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def body(self) -> dict[str, Any]:
        """The JSON body of the HTTP answer."""
        return {"message": self.message}


class ValidationError(S3VectorsError):
    """A request that breaks a rule; nothing was changed."""

    code = "ValidationException"
    status = 400

    def __init__(self, message: str, fields: Sequence[InvalidField] = ()) -> None:
        super().__init__(message)
        self.fields = tuple(fields)

    def body(self) -> dict[str, Any]:
        """The message, and the ``fieldList`` when fields are known."""
        body = super().body()
        if self.fields:
            body["fieldList"] = [{"path": f.path, "message": f.message} for f in self.fields]
        return body

    @classmethod
    def of_field(cls, path: str, message: str) -> ValidationError:
        """An error of one field, with the same message in both places."""
        return cls(message, [InvalidField(path, message)])


class InvalidFilterError(ValidationError):
    """A filter outside the grammar. The service never says why; ``reason`` does, as a note."""

    def __init__(self, reason: str) -> None:
        super().__init__("Invalid filter", [InvalidField("filter", "Invalid filter")])
        self.reason = reason
        self.add_note(reason)


class InvalidTokenError(ValidationError):
    """A ``nextToken`` that this service did not give for this request."""

    def __init__(self) -> None:
        super().__init__("Invalid nextToken", [InvalidField("nextToken", "Invalid nextToken")])


class SerializationError(S3VectorsError):
    """A body that is not JSON of the modelled types, or text with a lone surrogate."""

    code = "SerializationException"
    status = 400

    def __init__(self, reason: str) -> None:
        super().__init__("UnknownError")
        self.reason = reason
        self.add_note(reason)


class UnknownOperationError(S3VectorsError):
    """A method and path, or an operation name, that the service does not have."""

    code = "UnknownOperationException"
    status = 404


class NotFoundError(S3VectorsError):
    """A resource that does not exist."""

    code = "NotFoundException"
    status = 404


class VectorBucketNotFoundError(NotFoundError):
    """No vector bucket of that name or ARN."""

    def __init__(self) -> None:
        super().__init__("The specified vector bucket could not be found")


class IndexNotFoundError(NotFoundError):
    """No index of that name or ARN, or no such vector bucket."""

    def __init__(self) -> None:
        super().__init__("The specified index could not be found")


class PolicyNotFoundError(NotFoundError):
    """The vector bucket has no policy."""

    def __init__(self) -> None:
        super().__init__("The specified vector bucket policy could not be found")


class ConflictError(S3VectorsError):
    """A name that is taken, or a vector bucket that still has indexes."""

    code = "ConflictException"
    status = 409


class ServiceQuotaExceededError(S3VectorsError):
    """A count quota that is used up."""

    code = "ServiceQuotaExceededException"
    status = 402


class AccessDeniedError(S3VectorsError):
    """A call that no policy allows, or that one denies."""

    code = "AccessDeniedException"
    status = 403


class RequestTimeoutError(S3VectorsError):
    """A call that took too long; only on demand."""

    code = "RequestTimeoutException"
    status = 408


class TooManyRequestsError(S3VectorsError):
    """A write above the index's rates, or any call on demand."""

    code = "TooManyRequestsException"
    status = 429


class InternalServerError(S3VectorsError):
    """A failure of the service; only on demand."""

    code = "InternalServerException"
    status = 500


class ServiceUnavailableError(S3VectorsError):
    """A service that cannot answer now; only on demand."""

    code = "ServiceUnavailableException"
    status = 503

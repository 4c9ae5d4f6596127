"""The errors of InvokeModel, as the service documents them.

InvokeModelError
├── ValidationError         400 ValidationException
├── ResourceNotFoundError   404 ResourceNotFoundException
└── UnknownOperationError   404 UnknownOperationException
"""


class InvokeModelError(Exception):
    """The base of every error that the service answers with."""

    status: int
    code: str


class ValidationError(InvokeModelError):
    """The request breaks a rule of the service or of the model."""

    status = 400
    code = "ValidationException"


class ResourceNotFoundError(InvokeModelError):
    """The ARN names nothing."""

    status = 404
    code = "ResourceNotFoundException"


class UnknownOperationError(InvokeModelError):
    """The request is none that this endpoint knows."""

    status = 404
    code = "UnknownOperationException"

"""Errors as HTTP answers them: problem+json (RFC 9457). The only place that maps the two."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from embedding import EmbeddingInputError, EmbeddingUnavailableError
from querying.errors import (
    BodyTooLargeError,
    DocumentNotFoundError,
    DocumentsUnavailableError,
    FilterError,
    InvalidFieldError,
    MalformedBodyError,
    MethodError,
    NoRouteError,
    NotAuthorizedError,
    PageTokenError,
    PagingKeysUnavailableError,
    RerankingError,
    SearchModeError,
    TenantError,
    TenantRoleUnavailableError,
)
from querying.gateway import HttpRequest, json_answer
from vector_store.errors import (
    IndexNameError,
    VectorIndexNotFoundError,
    VectorStoreThrottledError,
    VectorStoreUnavailableError,
)

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2

STATUSES: dict[type[Exception], HTTPStatus] = {
    NoRouteError: HTTPStatus.NOT_FOUND,
    TenantError: HTTPStatus.BAD_REQUEST,
    IndexNameError: HTTPStatus.BAD_REQUEST,
    FilterError: HTTPStatus.BAD_REQUEST,
    SearchModeError: HTTPStatus.BAD_REQUEST,
    PageTokenError: HTTPStatus.BAD_REQUEST,
    MalformedBodyError: HTTPStatus.BAD_REQUEST,
    DocumentNotFoundError: HTTPStatus.NOT_FOUND,
    BodyTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    EmbeddingInputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    EmbeddingUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    DocumentsUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    TenantRoleUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    VectorStoreThrottledError: HTTPStatus.TOO_MANY_REQUESTS,
    VectorStoreUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    PagingKeysUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    RerankingError: HTTPStatus.SERVICE_UNAVAILABLE,
}


_BUSY = {
    HTTPStatus.TOO_MANY_REQUESTS: "this tenant's index is asked too often; ask again soon",
    HTTPStatus.SERVICE_UNAVAILABLE: "a service that answers depend on is busy; ask again soon",
}


class Problems:
    """The answers to errors; what nobody foresaw is a 500 without detail."""

    def __init__(self, logger: "Logger") -> None:
        self._logger = logger

    def answer(self, error: Exception, request: HttpRequest) -> dict[str, Any]:
        """Return the Lambda answer to an error that a request ended in."""
        match error:
            case MethodError():
                return _another_method(error, request)
            case NotAuthorizedError():
                # Why is for the operator: who may not ask learns nothing.
                self._logger.warning("not authorized", extra={"reason": str(error)})
                return _problem(request, HTTPStatus.FORBIDDEN, "you may not ask for this tenant")
            case VectorIndexNotFoundError():
                return _problem(
                    request, HTTPStatus.NOT_FOUND, "this tenant has no indexed documents"
                )
            case InvalidFieldError():
                errors = [{"field": error.field, "message": error.problem}]
                return _problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, str(error), errors=errors)
        return self._by_status(error, request)

    def _by_status(self, error: Exception, request: HttpRequest) -> dict[str, Any]:
        status = next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), None)
        if status is None:
            self._logger.error("request failed", exc_info=error)
            return _problem(request, HTTPStatus.INTERNAL_SERVER_ERROR)
        if status not in _BUSY:
            return _problem(request, status, str(error))
        self._logger.warning(
            "not answered", extra={"error": type(error).__name__, "reason": str(error)}
        )
        return _problem(request, status, _BUSY[status])


def _another_method(error: MethodError, request: HttpRequest) -> dict[str, Any]:
    allowed = ", ".join((*error.methods, "OPTIONS"))
    if request.method == "OPTIONS":
        return {"statusCode": HTTPStatus.NO_CONTENT.value, "headers": {"Allow": allowed}}
    answer = _problem(request, HTTPStatus.METHOD_NOT_ALLOWED, str(error))
    answer["headers"]["Allow"] = allowed
    return answer


def _problem(
    request: HttpRequest, status: HTTPStatus, detail: str | None = None, **members: object
) -> dict[str, Any]:
    body: dict[str, object] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
    }
    if detail:
        body["detail"] = detail
    body |= {**members, "request_id": request.request_id}
    answer = json_answer(status, body, content_type=CONTENT_TYPE)
    if status in _BUSY:
        answer["headers"]["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer

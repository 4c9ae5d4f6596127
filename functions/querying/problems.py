"""Errors as HTTP answers them: problem+json (RFC 9457). The only place that maps the two."""

import json
from functools import partial
from http import HTTPStatus

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from catalog import CatalogUnavailableError
from embedding import EmbeddingInputError, EmbeddingUnavailableError
from querying.errors import (
    BodyTooLargeError,
    DocumentNotFoundError,
    FilterError,
    InvalidFieldError,
    MalformedBodyError,
    NotAuthorizedError,
    PageTokenError,
    PagingKeysUnavailableError,
    RerankingError,
    SearchModeError,
    TenantError,
    TenantRoleUnavailableError,
)
from querying.routes import methods_of
from vector_store.errors import (
    IndexNameError,
    VectorIndexNotFoundError,
    VectorStoreThrottledError,
    VectorStoreUnavailableError,
)

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2

STATUSES: dict[type[Exception], HTTPStatus] = {
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
    CatalogUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
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


def answer_errors(app: APIGatewayHttpResolver, logger: Logger) -> None:
    """Make the resolver answer every error as a problem; what nobody foresaw is a 500 without detail."""
    answers = _ErrorAnswers(app, logger)
    for kind, status in STATUSES.items():
        app.exception_handler(kind)(partial(answers.foreseen, status))
    app.exception_handler(NotAuthorizedError)(answers.not_authorized)
    app.exception_handler(VectorIndexNotFoundError)(answers.no_index)
    app.exception_handler(InvalidFieldError)(answers.invalid)
    app.exception_handler(Exception)(answers.unforeseen)
    app.not_found(answers.no_route)


class _ErrorAnswers:
    """An answer for each kind of error."""

    def __init__(self, app: APIGatewayHttpResolver, logger: Logger) -> None:
        self._app = app
        self._logger = logger

    def foreseen(self, status: HTTPStatus, error: Exception) -> Response[str]:
        if status not in _BUSY:
            return self._problem(status, str(error))
        self._logger.warning(
            "not answered", extra={"error": type(error).__name__, "reason": str(error)}
        )
        return self._problem(status, _BUSY[status])

    def not_authorized(self, error: NotAuthorizedError) -> Response[str]:
        # Why is for the operator: who may not ask learns nothing.
        self._logger.warning("not authorized", extra={"reason": str(error)})
        return self._problem(HTTPStatus.FORBIDDEN, "you may not ask for this tenant")

    def no_index(self, _: VectorIndexNotFoundError) -> Response[str]:
        return self._problem(HTTPStatus.NOT_FOUND, "this tenant has no indexed documents")

    def no_route(self, _: Exception) -> Response[str]:
        """Say which methods a path takes, where it is one."""
        method = self._app.current_event.http_method
        methods = methods_of(self._app.current_event.path)
        if not methods:
            return self._problem(HTTPStatus.NOT_FOUND, "no such route")
        if method in methods:
            # What the router takes for no parameter has characters that no tenant id has.
            return self._problem(HTTPStatus.BAD_REQUEST, "the path names no tenant id")
        allowed = ", ".join((*methods, "OPTIONS"))
        if method == "OPTIONS":
            return Response(status_code=HTTPStatus.NO_CONTENT.value, headers={"Allow": allowed})
        answer = self._problem(HTTPStatus.METHOD_NOT_ALLOWED, f"this route takes {allowed}")
        answer.headers["Allow"] = allowed
        return answer

    def invalid(self, error: InvalidFieldError) -> Response[str]:
        errors = [{"field": error.field, "message": error.problem}]
        return self._problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), errors=errors)

    def unforeseen(self, error: Exception) -> Response[str]:
        self._logger.error("request failed", exc_info=error)
        return self._problem(HTTPStatus.INTERNAL_SERVER_ERROR)

    def _problem(
        self, status: HTTPStatus, detail: str | None = None, **members: object
    ) -> Response[str]:
        body: dict[str, object] = {
            "type": "about:blank",
            "title": status.phrase,
            "status": status.value,
        }
        if detail:
            body["detail"] = detail
        body |= {**members, "request_id": self._app.current_event.request_context.request_id}
        return Response(
            status_code=status.value,
            content_type=CONTENT_TYPE,
            body=json.dumps(body, ensure_ascii=False),
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)} if status in _BUSY else {},
        )

"""Errors as HTTP answers them: problem+json (RFC 9457). The only place that maps the two."""

import json
from functools import partial
from http import HTTPStatus

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from pydantic import ValidationError

from embedding import EmbeddingInputError, EmbeddingUnavailableError
from querying.errors import (
    BodyTooLargeError,
    FilterError,
    MalformedBodyError,
    PageTokenError,
    PagingKeysUnavailableError,
    RerankingError,
    SearchModeError,
    TenantError,
)
from vector_store.errors import (
    IndexNameError,
    VectorIndexNotFoundError,
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
    BodyTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    EmbeddingInputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    EmbeddingUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    VectorStoreUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    PagingKeysUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    RerankingError: HTTPStatus.SERVICE_UNAVAILABLE,
}


def problem(
    status: HTTPStatus, detail: str | None = None, errors: list[dict[str, str]] | None = None
) -> Response[str]:
    """Return a problem+json answer; a 503 says when to come back."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
    }
    if detail:
        body["detail"] = detail
    if errors:
        body["errors"] = errors
    again = status is HTTPStatus.SERVICE_UNAVAILABLE
    return Response(
        status_code=status.value,
        content_type=CONTENT_TYPE,
        body=json.dumps(body, ensure_ascii=False),
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)} if again else {},
    )


def answer_errors(app: APIGatewayHttpResolver, logger: Logger) -> None:
    """Make the resolver answer every error as a problem; what nobody foresaw is a 500 without detail."""

    def unforeseen(error: Exception) -> Response[str]:
        logger.error("request failed", exc_info=error)
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR)

    for kind, status in STATUSES.items():
        app.exception_handler(kind)(partial(_answer, logger, status))
    app.exception_handler(VectorIndexNotFoundError)(_no_index)
    app.exception_handler(ValidationError)(_invalid)
    app.exception_handler(Exception)(unforeseen)
    app.not_found(_no_route)


def _answer(logger: Logger, status: HTTPStatus, error: Exception) -> Response[str]:
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        logger.warning("not answered", extra={"error": type(error).__name__, "reason": str(error)})
        return problem(status, "a service that answers depend on is busy; ask again soon")
    return problem(status, str(error))


def _no_index(_: VectorIndexNotFoundError) -> Response[str]:
    return problem(HTTPStatus.NOT_FOUND, "this tenant has no indexed documents")


def _no_route(_: Exception) -> Response[str]:
    return problem(HTTPStatus.NOT_FOUND, "no such route")


def _invalid(error: ValidationError) -> Response[str]:
    errors = [
        {"field": ".".join(map(str, e["loc"])) or "body", "message": e["msg"]}
        for e in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    detail = "; ".join(f"{e['field']}: {e['message']}" for e in errors)
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors)

"""The querying function's entry point: HTTP requests in, matches and documents out."""

import os
import time
from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics
from botocore.session import Session

from metering import Meter
from metering.report import NAMESPACE, report_meter
from querying.authorization import authorized_tenant
from querying.documents_schema import DocumentsAnswer, DocumentsRequest
from querying.encoding import encoded
from querying.errors import MethodError, NoRouteError, TenantError
from querying.gateway import HttpRequest, json_answer
from querying.problems import Problems
from querying.query_schema import QueryAnswer, QueryRequest
from querying.routes import ROUTES, route_to
from querying.services import TenantServices, tenants
from querying.settings import QueryingSettings
from querying.tenants import Tenants
from telemetry import keep_bodies_out, trace_calls
from vector_store import TenantId
from vector_store.errors import TenantIdError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service="querying")
problems = Problems(logger)


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """Return the HTTP response to an API Gateway HTTP API event (payload format 2.0)."""
    request = HttpRequest.of_event(event)
    logger.set_correlation_id(request.request_id)
    keep_bodies_out()
    started = time.monotonic()
    answer = _answer(request)
    logger.info(
        "answered",
        extra={
            "method": request.method,
            "status": answer["statusCode"],
            "milliseconds": round(1000 * (time.monotonic() - started)),
        },
    )
    _report_usage(request.request_id)
    answer["headers"] |= {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Request-Id": request.request_id,
    }
    answer = encoded(answer, request.accept_encoding)
    if request.method == "HEAD":
        return {**answer, "body": "", "isBase64Encoded": False}
    return answer


def _answer(request: HttpRequest) -> dict[str, Any]:
    try:
        return json_answer(HTTPStatus.OK, _found(request))
    except Exception as error:  # noqa: BLE001 - what nobody foresaw is logged, and is an answer too
        return problems.answer(error, request)


def _found(request: HttpRequest) -> QueryAnswer | DocumentsAnswer:
    matched = route_to(request.path)
    if matched is None:
        raise NoRouteError("no such route")
    route, parameters = matched
    if request.method not in ROUTES[route]:
        raise MethodError(ROUTES[route])
    return ANSWERS[route](request, *parameters)


def query_default_tenant(request: HttpRequest) -> QueryAnswer:
    """Answer from the default tenant's documents."""
    return _query(request, TenantId())


def query_tenant(request: HttpRequest, tenant_id: str) -> QueryAnswer:
    """Answer from the named tenant's documents."""
    return _query(request, _tenant(tenant_id))


def list_documents_of_default_tenant(request: HttpRequest) -> DocumentsAnswer:
    """Show the default tenant's documents, and how far each has got."""
    return _documents(request, TenantId())


def list_documents_of_tenant(request: HttpRequest, tenant_id: str) -> DocumentsAnswer:
    """Show the named tenant's documents, and how far each has got."""
    return _documents(request, _tenant(tenant_id))


ANSWERS: Mapping[str, Callable[..., QueryAnswer | DocumentsAnswer]] = {
    "/query": query_default_tenant,
    "/tenants/{tenant_id}/query": query_tenant,
    "/documents": list_documents_of_default_tenant,
    "/tenants/{tenant_id}/documents": list_documents_of_tenant,
}
"""By route; each is called with the request and what stands in the path for the route's parameters."""


def _query(request: HttpRequest, tenant_id: TenantId) -> QueryAnswer:
    retriever, asked = _services(request, tenant_id).retriever, QueryRequest.of_json(request.body)
    if _settings().log_queries:
        logger.append_keys(query=asked.query)
    answer = retriever.query(tenant_id, asked)
    found = len(answer["matches"] or answer["documents"])
    logger.append_keys(mode=answer["mode"], matches=found)
    return answer


def _documents(request: HttpRequest, tenant_id: TenantId) -> DocumentsAnswer:
    services = _services(request, tenant_id)
    return services.documents.find(DocumentsRequest.of_query_string(request.parameters))


def _tenant(name: str) -> TenantId:
    try:
        tenant_id = TenantId(name)
    except TenantIdError as error:
        raise TenantError(str(error)) from error
    if tenant_id.is_default:
        raise TenantError(
            f"{name!r} is the default tenant, whose routes begin without a tenant: one name, one route"
        )
    return tenant_id


def _services(request: HttpRequest, tenant_id: TenantId) -> TenantServices:
    """What answers for a tenant of a path, where the gateway authorized that tenant.

    The two are found in different ways, and the credentials below open what belongs to both.
    """
    logger.append_keys(tenant=str(tenant_id))
    authorized = authorized_tenant(request.event, _settings().access)
    return _tenants().of(tenant_id, authorized=authorized)


@cache
def _settings() -> QueryingSettings:
    return QueryingSettings.from_environment(os.environ)


@cache
def _tenants() -> Tenants[TenantServices]:
    return tenants(_settings(), trace_calls(Session(), _settings().tracing), _meter())


@cache
def _meter() -> Meter:
    return Meter()


def _report_usage(request_id: str) -> None:
    report_meter(
        _meter(),
        model_uri=lambda: _settings().embedding_model,
        new_metrics=_new_metrics,
        failed=logger.exception,
        request_id=request_id,
    )


def _new_metrics() -> EphemeralMetrics:
    metrics = EphemeralMetrics(namespace=NAMESPACE, service=logger.service)
    metrics.add_dimension("stack", _settings().stack)
    return metrics

"""The querying function's entry point: HTTP requests in, matches and documents out."""

import base64
import os
import time
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.metrics import EphemeralMetrics
from botocore.session import Session

from metering import Meter
from metering.report import NAMESPACE, report_meter
from querying.authorization import authorized_tenant
from querying.documents import DocumentsAnswer, DocumentsRequest
from querying.encoding import encoded
from querying.errors import BodyTooLargeError, TenantError
from querying.problems import answer_errors
from querying.query import QueryAnswer, QueryRequest
from querying.services import TenantServices, tenants
from querying.settings import QueryingSettings
from querying.tenants import Tenants
from telemetry import keep_bodies_out, trace_calls
from vector_store import TenantId
from vector_store.errors import TenantIdError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

MAX_BODY_BYTES = 131_072
"""Room for the longest query and a filter of 100 constraints."""

logger = Logger(service="querying")
app = APIGatewayHttpResolver()
answer_errors(app, logger)


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Return the HTTP response to an API Gateway HTTP API event (payload format 2.0)."""
    request_id = event["requestContext"]["requestId"]
    logger.set_correlation_id(request_id)
    keep_bodies_out()
    started = time.monotonic()
    answer = app.resolve(event, context)
    logger.info(
        "answered",
        extra={
            "method": event["requestContext"]["http"]["method"],
            "status": answer["statusCode"],
            "milliseconds": round(1000 * (time.monotonic() - started)),
        },
    )
    _report_usage(request_id)
    answer["headers"] = {
        **answer["headers"],
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Request-Id": request_id,
    }
    answer = encoded(answer, event.get("headers", {}).get("accept-encoding", ""))
    if event["requestContext"]["http"]["method"] == "HEAD":
        return {**answer, "body": "", "isBase64Encoded": False}
    return answer


@app.post("/query")
def query_default_tenant() -> QueryAnswer:
    """Answer from the default tenant's documents."""
    return _query(TenantId())


@app.post("/tenants/<tenant_id>/query")
def query_tenant(tenant_id: str) -> QueryAnswer:
    """Answer from the named tenant's documents."""
    return _query(_tenant(tenant_id))


@app.route("/documents", method=["GET", "HEAD"])
def list_documents_of_default_tenant() -> DocumentsAnswer:
    """Show the default tenant's documents, and how far each has got."""
    return _documents(TenantId())


@app.route("/tenants/<tenant_id>/documents", method=["GET", "HEAD"])
def list_documents_of_tenant(tenant_id: str) -> DocumentsAnswer:
    """Show the named tenant's documents, and how far each has got."""
    return _documents(_tenant(tenant_id))


def _query(tenant_id: TenantId) -> QueryAnswer:
    retriever, request = _services(tenant_id).retriever, _request()
    if _settings().log_queries:
        logger.append_keys(query=request.query)
    answer = retriever.query(tenant_id, request)
    found = len(answer["matches"] or answer["documents"])
    logger.append_keys(mode=answer["mode"], matches=found)
    return answer


def _documents(tenant_id: TenantId) -> DocumentsAnswer:
    services = _services(tenant_id)
    parameters = app.current_event.query_string_parameters or {}
    return services.documents.find(DocumentsRequest.of_query_string(parameters))


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


def _services(tenant_id: TenantId) -> TenantServices:
    """What answers for a tenant of a path, where the gateway authorized that tenant.

    The two are found in different ways, and the credentials below open what belongs to both.
    """
    logger.append_keys(tenant=str(tenant_id))
    authorized = authorized_tenant(app.current_event.raw_event, _settings().access)
    return _tenants().of(tenant_id, authorized=authorized)


def _request() -> QueryRequest:
    event = app.current_event
    body = (event.body or "").encode()
    if event.is_base64_encoded:
        body = base64.b64decode(body)
    if len(body) > MAX_BODY_BYTES:
        raise BodyTooLargeError(f"the body is over {MAX_BODY_BYTES:,} bytes")
    return QueryRequest.of_json(body)


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

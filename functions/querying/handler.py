"""The querying function's entry point: HTTP requests in, matches out."""

import base64
import os
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from botocore.session import Session
from pydantic import ValidationError

from embedding import bedrock_client, embedder_for
from querying.errors import BodyTooLargeError, MalformedBodyError, TenantError
from querying.page_tokens import PageTokens
from querying.paging_keys import CachedPagingKeys, PagingKeyParameter, ssm_client
from querying.problems import answer_errors
from querying.query import QueryAnswer, QueryRequest
from querying.reranking import BedrockReranker, reranking_client
from querying.retriever import Retriever
from querying.settings import QueryingSettings
from vector_store import TenantId, VectorStoreFactory, s3vectors_client
from vector_store.errors import TenantIdError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

MAX_BODY_BYTES = 131_072
"""Room for the longest query and a filter of 100 constraints."""

PATIENCE = {"attempts": 2, "read_timeout": 5}
"""For each service: API Gateway waits 30 s in all."""

logger = Logger(service="querying")
app = APIGatewayHttpResolver()
answer_errors(app, logger)


def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Return the HTTP response to an API Gateway HTTP API event (payload format 2.0)."""
    logger.set_correlation_id(context.aws_request_id)
    return app.resolve(event, context)


@app.post("/query")
def query_default_tenant() -> QueryAnswer:
    """Answer from the default tenant's documents."""
    return _retriever().query(TenantId(), _request())


@app.post("/tenants/<tenant_id>/query")
def query_tenant(tenant_id: str) -> QueryAnswer:
    """Answer from the named tenant's documents."""
    return _retriever().query(_tenant(tenant_id), _request())


def _tenant(name: str) -> TenantId:
    try:
        tenant_id = TenantId(name)
    except TenantIdError as error:
        raise TenantError(str(error)) from error
    if tenant_id.is_default:
        raise TenantError(
            f"{name!r} is the default tenant, whose route is /query: one name, one route"
        )
    return tenant_id


def _request() -> QueryRequest:
    event = app.current_event
    body = (event.body or "").encode()
    if event.is_base64_encoded:
        body = base64.b64decode(body)
    if len(body) > MAX_BODY_BYTES:
        raise BodyTooLargeError(f"the body is over {MAX_BODY_BYTES:,} bytes")
    try:
        return QueryRequest.model_validate_json(body)
    except ValidationError as error:
        if error.errors()[0]["type"] == "json_invalid":
            raise MalformedBodyError(
                f'the body is not JSON: expected {{"query": "…"}} ({error.errors()[0]["msg"]})'
            ) from error
        raise


@cache
def _retriever() -> Retriever:
    settings, session = QueryingSettings.from_environment(os.environ), Session()
    return Retriever(
        store=VectorStoreFactory.for_vector_store(
            settings.connection, client=s3vectors_client(session, **PATIENCE), read_only=True
        ),
        embedder=embedder_for(settings.embedding_model, client=bedrock_client(session, **PATIENCE)),
        page_tokens=_page_tokens(settings, session),
        reranker=_reranker(settings, session),
    )


def _page_tokens(settings: QueryingSettings, session: Session) -> PageTokens:
    key = PagingKeyParameter(settings.paging_key_parameter, partial(ssm_client, session))
    return PageTokens(CachedPagingKeys(key.load))


def _reranker(settings: QueryingSettings, session: Session) -> BedrockReranker | None:
    model_arn = settings.reranking_model_arn
    return BedrockReranker(reranking_client(session), model_arn) if model_arn else None

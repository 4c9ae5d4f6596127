"""What answers: shared by all tenants where it reads nothing of theirs, else made for each."""

from functools import cached_property, partial
from typing import TYPE_CHECKING

from botocore.session import Session
from msgspec import Struct

from embedding import Embedder, bedrock_client, embedder_for
from metering import Meter
from querying.page_tokens import PageTokens
from querying.paging_keys import CachedPagingKeys, PagingKeyParameter, ssm_client
from querying.reranking import BedrockReranker, Reranker, reranking_client
from querying.retriever import Retriever
from querying.settings import QueryingSettings
from querying.tenant_role import TenantRole
from querying.tenants import Tenants
from telemetry import trace_calls
from vector_store import IndexName, VectorStoreFactory, s3vectors_client
from vector_store.calls import watch_calls

if TYPE_CHECKING:
    from querying.document_lister import DocumentLister

PATIENCE = {"attempts": 2, "read_timeout": 5}
"""For each service: API Gateway waits 30 s in all."""


class SharedServices:
    """What reads nothing of any tenant's, by clients of the function's own session."""

    def __init__(self, settings: QueryingSettings, session: Session, meter: Meter) -> None:
        self.settings = settings
        self.meter = meter
        self.embedder: Embedder = embedder_for(
            settings.embedding_model, make_client=partial(bedrock_client, session, **PATIENCE)
        )
        key = PagingKeyParameter(settings.paging_key_parameter, partial(ssm_client, session))
        self.page_tokens = PageTokens(CachedPagingKeys(key.load))
        self.reranker: Reranker | None = None
        if settings.reranking_model_arn:
            self.reranker = BedrockReranker(
                settings.reranking_model_arn, partial(reranking_client, session)
            )


class TenantServices(Struct, frozen=True, dict=True):
    """What answers one tenant, by clients of a session of its own; each made when it is first needed."""

    shared: SharedServices
    session: Session
    index_name: IndexName

    @cached_property
    def retriever(self) -> Retriever:
        """Answers questions."""
        meter = self.shared.meter
        return Retriever(
            store=VectorStoreFactory.for_vector_store(
                self.shared.settings.connection,
                client=watch_calls(s3vectors_client(self.session, **PATIENCE), meter.called),
                read_only=True,
            ),
            embedder=self.shared.embedder,
            page_tokens=self.shared.page_tokens,
            text_language=self.shared.settings.text_language,
            reranker=self.shared.reranker,
            counted=partial(meter.embedded, self.index_name.tenant_id),
        )

    @cached_property
    def documents(self) -> "DocumentLister":
        """Lists documents."""
        # Not before somebody asks for them: questions need nothing of it.
        from catalog import EntryPages, dynamodb_client  # noqa: PLC0415
        from querying.document_lister import DocumentLister  # noqa: PLC0415
        from querying.source_links import SourceLinks, signing_client  # noqa: PLC0415

        settings = self.shared.settings
        return DocumentLister(
            entry_pages=EntryPages(dynamodb_client(self.session), settings.catalog_table),
            vector_bucket=settings.connection.bucket_name,
            index_name=self.index_name,
            documents_bucket=settings.documents_bucket,
            links=SourceLinks(
                partial(signing_client, self.session),
                settings.documents_bucket,
                self.index_name.tenant_id,
            ),
            page_tokens=self.shared.page_tokens,
        )


def tenants(settings: QueryingSettings, session: Session, meter: Meter) -> Tenants[TenantServices]:
    """Return who can be asked, from the function's own session; what they use is counted."""
    shared = SharedServices(settings, session, meter)

    def services(tenants_session: Session, index_name: IndexName) -> TenantServices:
        return TenantServices(shared, trace_calls(tenants_session, settings.tracing), index_name)

    return Tenants(
        TenantRole(session, settings.tenant_role),
        services,
        index_prefix=settings.connection.index_prefix,
    )

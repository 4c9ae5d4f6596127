"""What the querying function is set up with: its environment, read once."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from telemetry import Tracing
from vector_store import ConnectionString, TextLanguage


class AuthMode(StrEnum):
    """Who is the caller, and who says so."""

    IAM = "iam"
    """API Gateway, of signed requests: an IAM policy names the path, and so the tenant."""
    JWT = "jwt"
    """API Gateway, of an issuer's tokens: a claim names the tenant."""
    LOCAL = "local"
    """Nobody: any caller may ask any tenant. Never in Lambda itself."""


class Access(Struct, frozen=True):
    """Who may ask; what is about tokens is empty in other modes than JWT."""

    mode: AuthMode
    issuer: str = ""
    audiences: frozenset[str] = frozenset()
    tenant_claim: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Access":
        """Return what AUTH_MODE and the JWT_ variables say; ValueError where they say nothing safe."""
        mode = AuthMode(environment["AUTH_MODE"])
        if mode is AuthMode.LOCAL and _is_in_lambda(environment):
            raise ValueError("AUTH_MODE is local, which lets anybody ask anything: not in Lambda")
        if mode is not AuthMode.JWT:
            return cls(mode)
        access = cls(
            mode,
            issuer=environment["JWT_ISSUER"],
            audiences=frozenset(environment["JWT_AUDIENCE"].split(",")) - {""},
            tenant_claim=environment["JWT_TENANT_CLAIM"],
        )
        if not (access.issuer and access.audiences and access.tenant_claim):
            raise ValueError("AUTH_MODE is jwt: JWT_ISSUER, _AUDIENCE or _TENANT_CLAIM is empty")
        return access


def _is_in_lambda(environment: Mapping[str, str]) -> bool:
    return "AWS_LAMBDA_FUNCTION_NAME" in environment and environment.get("AWS_SAM_LOCAL") != "true"


class QueryingSettings(Struct, frozen=True):
    """The querying function's settings, each from the variable that `from_environment` names."""

    connection: ConnectionString
    embedding_model: str
    text_language: TextLanguage
    """What queries are taken to be written in where words are searched for."""
    access: Access
    tenant_role: str
    """The ARN of the role that reads what is one tenant's."""
    documents_bucket: str
    catalog_table: str
    paging_key_parameter: str
    """The SSM parameter that holds the key of page tokens."""
    reranking_model_arn: str | None
    stack: str
    """The deployment's name, for its metrics."""
    log_queries: bool
    """Whether the log has what was asked."""
    tracing: Tracing | None
    """None where Lambda runs no X-Ray daemon."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "QueryingSettings":
        """Return the settings; KeyError or ValueError, naming the variable, where one is wrong."""
        return cls(
            connection=ConnectionString.parse(environment["VECTOR_STORE"]),
            embedding_model=environment["EMBEDDING_MODEL"],
            text_language=TextLanguage(environment["TEXT_LANGUAGE"]),
            access=Access.from_environment(environment),
            tenant_role=environment["TENANT_ROLE"],
            documents_bucket=environment["DOCUMENTS_BUCKET"],
            catalog_table=environment["CATALOG_TABLE"],
            paging_key_parameter=environment["PAGING_KEY_PARAMETER"],
            reranking_model_arn=environment.get("RERANKING_MODEL_ARN") or None,
            stack=environment["STACK_NAME"],
            log_queries=environment.get("LOG_QUERIES") == "on",
            tracing=Tracing.from_environment(environment),
        )

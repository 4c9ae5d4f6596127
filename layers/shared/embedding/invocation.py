"""One InvokeModel call on Amazon Bedrock, and what its failures mean."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import orjson
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.session import Session
from msgspec import Struct

from aws_calls import longest_call_seconds
from embedding.errors import EmbeddingAccessError, EmbeddingInputError, EmbeddingUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

MAX_BODY_BYTES: Final = 25_000_000
"""The longest body of an InvokeModel request (Amazon Bedrock API Reference, InvokeModel)."""

MAX_CONCURRENCY: Final = 10
"""Calls under way at once: they hide the way to the service; its quotas count requests a minute, so
far more would only be throttled."""

ATTEMPTS: Final = 4
"""Botocore waits up to 1, 2 and 4 s between them when throttled; longer storms are for a queue."""

CONNECT_TIMEOUT: Final = 3
READ_TIMEOUT: Final = 30
"""Seconds without a byte of the answer."""

LONGEST_CALL_SECONDS: Final = longest_call_seconds(
    attempts=ATTEMPTS, connect_timeout=CONNECT_TIMEOUT, read_timeout=READ_TIMEOUT
)

TOKENS_HEADER: Final = "x-amzn-bedrock-input-token-count"
"""Of an answer to InvokeModel: the tokens that are billed. Not every model's answer has it."""

_ACCESS_CODES: Final = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "ResourceNotFoundException",
        "UnrecognizedClientException",
    }
)
_ACCESS_EXCEPTIONS = (CredentialRetrievalError, NoCredentialsError, PartialCredentialsError)


class Response(Struct, frozen=True):
    """A model's answer."""

    body: Any
    """JSON, decoded."""
    tokens: int | None
    """Those of the request, where the service tells them."""


def bedrock_client_config(
    *, attempts: int = ATTEMPTS, read_timeout: float = READ_TIMEOUT
) -> Config:
    """Retries, time-outs and connections for a `bedrock-runtime` client of this package."""
    return Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=read_timeout,
        max_pool_connections=MAX_CONCURRENCY,
        tcp_keepalive=True,
    )


def bedrock_client(session: Session | None = None, **config: Any) -> "BedrockRuntimeClient":
    """A client of `bedrock-runtime`, set up by `bedrock_client_config(**config)`."""
    client = (session or Session()).create_client(
        "bedrock-runtime", config=bedrock_client_config(**config)
    )
    return cast("BedrockRuntimeClient", client)


def invoke(
    client: "BedrockRuntimeClient", model_id: str, body: bytes, *, positions: Sequence[int]
) -> Response:
    """Return the model's response.

    Raises EmbeddingInputError (for the texts at `positions`) where the service calls the request
    invalid, EmbeddingAccessError, and EmbeddingUnavailableError, which unknown failures count as.
    """
    target = f"{model_id} in {client.meta.region_name}"
    try:
        response = client.invoke_model(
            modelId=model_id, body=body, accept="application/json", contentType="application/json"
        )
        answer = response["body"].read()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        problem = f"{target}: {code}: {error.response['Error'].get('Message', '')}"
        if code == "ValidationException":
            raise EmbeddingInputError(positions, problem) from error
        if code in _ACCESS_CODES:
            raise EmbeddingAccessError(problem) from error
        raise EmbeddingUnavailableError(problem) from error
    except _ACCESS_EXCEPTIONS as error:
        raise EmbeddingAccessError(f"{target}: {error}") from error
    except BotoCoreError as error:
        raise EmbeddingUnavailableError(f"{target}: {error}") from error
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    tokens = headers.get(TOKENS_HEADER, "")
    try:
        return Response(orjson.loads(answer), int(tokens) if tokens.isdecimal() else None)
    except orjson.JSONDecodeError as error:
        raise EmbeddingUnavailableError(f"{target}: {len(answer):,} bytes, no JSON") from error

"""Who may make a request, as API Gateway decides it before a function is asked."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import jwt
from werkzeug.wrappers import Request, Response

from local.authorization import Signature
from local.s3vectors import Principal
from local.template import ACCOUNT_ID, REGION

API_ID = "local"
STAGE = "$default"


class Authorizer(Protocol):
    """Decides about requests of the routes that name it."""

    def authorize(self, request: Request) -> dict[str, Any] | Response:
        """Return what the function is told of the caller, or the gateway's refusal."""
        ...


class IamAuthorizer:
    """Lets those pass whose statements allow `execute-api:Invoke` on the method and the path.

    A caller is who signed with an access key id; signatures are not verified.
    """

    def __init__(self, principals: Mapping[str, Principal]) -> None:
        self._principals = principals

    def authorize(self, request: Request) -> dict[str, Any] | Response:
        """Return the caller under `iam`."""
        signature = Signature.of(request.environ)
        if signature is None or signature.service != "execute-api":
            return message(403, "Forbidden")
        principal = self._principals.get(signature.access_key_id)
        # The path as it was sent: a policy that names acme says nothing of %61cme.
        path = str(request.environ.get("RAW_URI", request.path)).partition("?")[0]
        resource = (
            f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:{API_ID}/{STAGE}/{request.method}{path}"
        )
        if principal is None or principal.denial(
            "execute-api:Invoke",
            resource,
            principal.context(region=signature.region, account_id=ACCOUNT_ID),
        ):
            return message(403, "Forbidden")
        return {
            "iam": {
                "accessKey": signature.access_key_id,
                "accountId": ACCOUNT_ID,
                "callerId": principal.arn.rpartition("/")[2],
                "cognitoIdentity": None,
                "principalOrgId": "o-local",
                "userArn": principal.arn,
                "userId": principal.arn.rpartition("/")[2],
            }
        }


class JwtAuthorizer:
    """Lets the bearers of an issuer's tokens pass; RS256, like API Gateway's.

    `public_key` in PEM stands for the issuer's key set. The audience is a token's `aud`, or its
    `client_id` where there is no `aud`.
    """

    def __init__(self, *, issuer: str, audiences: Iterable[str], public_key: str) -> None:
        self._issuer = issuer
        self._audiences = set(audiences)
        self._public_key = public_key

    def authorize(self, request: Request) -> dict[str, Any] | Response:
        """Return the token's claims under `jwt`: texts all of them, as API Gateway makes them."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            claims = jwt.decode(
                token,
                self._public_key,
                algorithms=["RS256"],
                issuer=self._issuer,
                options={"require": ["exp", "iss"], "verify_aud": False},
            )
        except jwt.InvalidTokenError:
            return _unauthorized()
        audience = claims.get("aud", claims.get("client_id"))
        if self._audiences.isdisjoint(audience if isinstance(audience, list) else [audience]):
            return _unauthorized()
        return {"jwt": {"claims": {n: _text(v) for n, v in claims.items()}, "scopes": None}}


def message(status: int, text: str) -> Response:
    """Return an answer of API Gateway itself, in its own form."""
    return Response(f'{{"message":"{text}"}}', status=status, content_type="application/json")


def _unauthorized() -> Response:
    response = message(401, "Unauthorized")
    response.headers["www-authenticate"] = "Bearer"
    return response


def _text(claim: Any) -> str:
    if isinstance(claim, list):
        return f"[{' '.join(map(_text, claim))}]"
    return str(claim).lower() if isinstance(claim, bool) else str(claim)

import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug.wrappers import Request, Response

from local.http_api import IamAuthorizer, JwtAuthorizer
from local.s3vectors import Principal

ISSUER = "https://tokens.example.com/pool"
ARN = "arn:aws:execute-api:us-east-1:123456789012:*/*/POST/tenants/acme/*"


def signed(path="/tenants/acme/query", key="key", service="execute-api", method="POST"):
    credential = f"Credential={key}/20261126/us-east-1/{service}/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 {credential}, Signature=x"}
    return Request.from_values(path, method=method, headers=headers)


@pytest.fixture
def iam():
    allowed = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": ARN}
    role = "arn:aws:sts::123456789012:assumed-role/acme/ada"
    return IamAuthorizer({"key": Principal(role, (allowed,))})


def test_a_signed_request_is_let_pass_where_a_policy_names_its_method_and_path(iam):
    caller = iam.authorize(signed())

    assert caller["iam"]["userArn"] == "arn:aws:sts::123456789012:assumed-role/acme/ada"
    assert caller["iam"]["accessKey"] == "key"


@pytest.mark.parametrize(
    "request_",
    [
        signed("/tenants/globex/query"),
        signed("/query"),
        signed(method="GET"),
        signed(key="other"),
        signed(service="s3"),
        Request.from_values("/tenants/acme/query", method="POST"),
    ],
)
def test_any_other_request_is_forbidden(iam, request_):
    refusal = iam.authorize(request_)

    assert isinstance(refusal, Response)
    assert (refusal.status_code, refusal.get_json()) == (403, {"message": "Forbidden"})


@pytest.fixture(scope="module")
def keys():
    return [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]


@pytest.fixture
def tokens(keys):
    public = keys[0].public_key()
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return JwtAuthorizer(issuer=ISSUER, audiences=["search"], public_key=pem.decode())


def bearing(key, algorithm="RS256", prefix="Bearer ", **claims):
    claims = {"iss": ISSUER, "aud": "search", "exp": int(time.time()) + 60, **claims}
    claims = {name: value for name, value in claims.items() if value is not None}
    token = jwt.encode(claims, key, algorithm=algorithm)
    return Request.from_values("/query", headers={"Authorization": prefix + token})


def test_a_tokens_claims_come_as_texts(tokens, keys):
    request = bearing(keys[0], tenant_id="acme", level=7, admin=True, groups=["a", "b"])

    claims = tokens.authorize(request)["jwt"]["claims"]

    assert {name: claims[name] for name in ("tenant_id", "level", "admin", "groups")} == {
        "tenant_id": "acme",
        "level": "7",
        "admin": "true",
        "groups": "[a b]",
    }


def test_a_client_is_an_audience_where_there_is_no_other(tokens, keys):
    assert "jwt" in tokens.authorize(bearing(keys[0], aud=None, client_id="search"))
    assert "jwt" in tokens.authorize(bearing(keys[0], aud=["other", "search"]))


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example.com"},
        {"aud": "other"},
        {"aud": "other", "client_id": "search"},
        {"aud": None},
        {"exp": 1},
        {"exp": None},
    ],
)
def test_a_token_that_is_not_for_here_is_unauthorized(tokens, keys, claims):
    refusal = tokens.authorize(bearing(keys[0], **claims))

    assert (refusal.status_code, refusal.headers["www-authenticate"]) == (401, "Bearer")


def test_a_token_of_another_key_or_algorithm_is_unauthorized(tokens, keys):
    assert tokens.authorize(bearing(keys[1])).status_code == 401
    assert tokens.authorize(bearing("s" * 32, "HS256")).status_code == 401
    assert tokens.authorize(bearing("", "none")).status_code == 401
    assert tokens.authorize(Request.from_values("/query")).status_code == 401

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from querying.authorization import authorized_tenant
from querying.errors import NotAuthorizedError, QueryingError
from querying.settings import Access, AuthMode
from tests.querying.events import ISSUER, changed, jwt, of_default_tenant, of_tenant
from vector_store import TenantId
from vector_store.errors import TenantIdError

IAM, LOCAL = Access(AuthMode.IAM), Access(AuthMode.LOCAL)
JWT = Access(AuthMode.JWT, ISSUER, frozenset({"search", "other"}), "tenant_id")


def test_the_tenant_is_the_one_in_the_path_that_the_gateway_authorized():
    assert authorized_tenant(of_tenant("acme"), IAM) == TenantId("acme")
    assert authorized_tenant(of_tenant("acme", jwt()), JWT) == TenantId("acme")
    assert authorized_tenant(of_tenant("acme", {}), LOCAL) == TenantId("acme")


def test_a_path_without_tenant_is_the_default_tenants():
    assert authorized_tenant(of_default_tenant(), IAM).is_default
    assert authorized_tenant(of_default_tenant({}), LOCAL).is_default
    assert authorized_tenant(of_default_tenant(jwt(tenant_id="default_")), JWT).is_default


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("version", "1.0"),
        ("version", ...),
        ("routeKey", "POST /query"),
        ("routeKey", "POST /tenants/{proxy+}"),
        ("routeKey", "ANY /tenants/{tenant_id}/query"),
        ("routeKey", "GET /tenants/{tenant_id}/query"),
        ("routeKey", "$default"),
        ("routeKey", ...),
        ("requestContext.routeKey", "POST /query"),
        ("requestContext.routeKey", ...),
        ("requestContext.http.method", "GET"),
        ("requestContext.http.path", "/tenants/globex/query"),
        ("requestContext.http.path", ...),
        ("requestContext.http", ...),
        ("requestContext", ...),
        ("rawPath", "/tenants/globex/query"),
        ("rawPath", "/tenants/acme/query/"),
        ("rawPath", "/tenants/%61cme/query"),
        ("rawPath", "/prod/tenants/acme/query"),
        ("rawPath", "/query"),
        ("rawPath", ...),
        ("pathParameters", {"tenant_id": "globex"}),
        ("pathParameters", {"tenant_id": "acme", "proxy": "x"}),
        ("pathParameters", {"tenant_id": ["acme"]}),
        ("pathParameters", {"tenant": "acme"}),
        ("pathParameters", {}),
        ("pathParameters", None),
        ("pathParameters", ...),
    ],
)
@pytest.mark.parametrize("access", [IAM, LOCAL], ids=["iam", "local"])
def test_one_value_that_contradicts_the_others_is_refused(path, value, access):
    with pytest.raises(NotAuthorizedError):
        authorized_tenant(changed(of_tenant("acme"), path, value), access)


def test_both_route_keys_of_another_route_are_refused_too():
    event = changed(of_tenant("acme"), "routeKey", "POST /query")
    with pytest.raises(NotAuthorizedError):
        authorized_tenant(changed(event, "requestContext.routeKey", "POST /query"), IAM)


def test_the_default_tenants_route_takes_no_parameter():
    with pytest.raises(NotAuthorizedError):
        authorized_tenant(changed(of_default_tenant(), "pathParameters", {"a": "b"}), IAM)


@pytest.mark.parametrize("name", ["default_", "DEFAULT_", "Default_"])
def test_the_default_tenant_has_no_route_of_its_name(name):
    with pytest.raises(NotAuthorizedError):
        authorized_tenant(of_tenant(name, {}), LOCAL)


@pytest.mark.parametrize("name", ["Acme", "a b", "a..b", "a/b", ""])
def test_what_is_no_tenant_id_is_refused(name):
    with pytest.raises((TenantIdError, NotAuthorizedError)):
        authorized_tenant(of_tenant(name), IAM)


SIGNED = of_tenant()["requestContext"]["authorizer"]


@pytest.mark.parametrize(
    "authorizer",
    [
        None,
        {},
        "iam",
        {"iam": None},
        {"iam": {}},
        {"iam": {"userArn": "", "accessKey": "AKIA"}},
        {"iam": {"userArn": "arn", "accessKey": ""}},
        {"iam": {"userArn": "arn"}},
        {**SIGNED, "lambda": {"tenant": "acme"}},
        {**SIGNED, **jwt()},
        jwt(),
    ],
)
def test_without_a_caller_who_signed_nobody_asks_in_mode_iam(authorizer):
    event = changed(of_tenant("acme"), "requestContext.authorizer", authorizer)

    with pytest.raises(NotAuthorizedError):
        authorized_tenant(event, IAM)


@pytest.mark.parametrize(
    "authorizer",
    [
        {},
        SIGNED,
        {**SIGNED, **jwt()},
        {"jwt": None},
        {"jwt": {"claims": None}},
        {"jwt": {"claims": {}}},
        {"jwt": {"claims": "acme"}},
        jwt(iss=None),
        jwt(iss=ISSUER + "/"),
        jwt(aud=None),
        jwt(aud="searching"),
        jwt(aud="else", client_id="search"),
        jwt(tenant_id=None),
        jwt(tenant_id=""),
        jwt(tenant_id="globex"),
        jwt(tenant_id="ACME"),
        jwt(tenant_id="acme "),
        jwt(tenant_id="[acme]"),
        jwt(tenant_id="[acme globex]"),
        jwt(tenant_id=["acme"]),
        jwt(tenant_id="default_"),
        jwt(tenant_id="*"),
        jwt(tenant_id=None, tenant="acme"),
    ],
)
def test_a_token_that_does_not_say_this_tenant_is_nobodys(authorizer):
    with pytest.raises(NotAuthorizedError):
        authorized_tenant(of_tenant("acme", authorizer), JWT)


@pytest.mark.parametrize("claim", [None, "", "default", "DEFAULT_", "acme"])
def test_a_token_without_the_claim_is_not_the_default_tenant(claim):
    with pytest.raises(NotAuthorizedError):
        authorized_tenant(of_default_tenant(jwt(tenant_id=claim)), JWT)


@pytest.mark.parametrize(
    "audience", [{"aud": "other"}, {"aud": "[x search]"}, {"aud": None, "client_id": "search"}]
)
def test_one_audience_of_several_is_enough(audience):
    assert authorized_tenant(of_tenant("acme", jwt(**audience)), JWT) == TenantId("acme")


def test_the_tenant_of_a_cognito_users_id_token_is_the_pools_custom_attribute():
    cognito = replace(JWT, tenant_claim="custom:tenant_id")
    claims = {"tenant_id": None, "token_use": "id", "custom:tenant_id": "acme"}

    assert authorized_tenant(of_tenant("acme", jwt(**claims)), cognito) == TenantId("acme")
    with pytest.raises(NotAuthorizedError, match="no claim custom:tenant_id"):
        authorized_tenant(of_tenant("acme", jwt()), cognito)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "acme", "globex", "2.0"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["iam", "jwt", "claims", "tenant_id", "userArn", "http"]), inner
        )
    ),
    max_leaves=6,
)
PATHS = [
    "version",
    "routeKey",
    "rawPath",
    "pathParameters",
    "requestContext",
    "requestContext.routeKey",
    "requestContext.http",
    "requestContext.http.method",
    "requestContext.http.path",
    "requestContext.authorizer",
    "requestContext.authorizer.jwt",
    "requestContext.authorizer.jwt.claims",
    "requestContext.authorizer.jwt.claims.tenant_id",
    "requestContext.authorizer.jwt.claims.iss",
    "requestContext.authorizer.jwt.claims.aud",
]


@given(path=st.sampled_from(PATHS), value=JSON)
def test_whatever_one_value_becomes_no_other_tenant_is_authorized(path, value):
    event = changed(of_tenant("acme", jwt()), path, value)

    try:
        tenant = authorized_tenant(event, JWT)
    except (QueryingError, TenantIdError):
        return
    assert tenant == TenantId("acme")

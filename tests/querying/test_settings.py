import pytest

from querying.settings import Access, AuthMode, QueryingSettings

ENVIRONMENT = {
    "VECTOR_STORE": "s3vectors://my-s3-vectors-bucket/app1",
    "EMBEDDING_MODEL": "bedrock://amazon.titan-embed-text-v2:0",
    "TENANT_ROLE": "arn:aws:iam::123456789012:role/tenant",
    "DOCUMENTS_BUCKET": "search-documents",
    "CATALOG_TABLE": "catalog",
    "PAGING_KEY_PARAMETER": "/search/paging-key",
    "RERANKING_MODEL_ARN": "",
    "AUTH_MODE": "jwt",
    "JWT_ISSUER": "https://tokens.example.com/pool",
    "JWT_AUDIENCE": "one,two",
    "JWT_TENANT_CLAIM": "tenant_id",
    "STACK_NAME": "search",
    "TEXT_LANGUAGE": "en",
}


def test_the_environment_says_who_may_ask():
    settings = QueryingSettings.from_environment(ENVIRONMENT)

    assert settings.access == Access(
        AuthMode.JWT, "https://tokens.example.com/pool", frozenset({"one", "two"}), "tenant_id"
    )


@pytest.mark.parametrize("name", ["JWT_ISSUER", "JWT_AUDIENCE", "JWT_TENANT_CLAIM"])
def test_tokens_are_not_taken_by_half_a_rule(name):
    with pytest.raises(ValueError, match="empty"):
        Access.from_environment({**ENVIRONMENT, name: ""})


def test_an_empty_audience_among_others_is_none():
    access = Access.from_environment({**ENVIRONMENT, "JWT_AUDIENCE": "one,,"})

    assert access.audiences == {"one"}


@pytest.mark.parametrize("mode", ["", "none", "IAM", "off"])
def test_an_unknown_mode_is_an_error(mode):
    with pytest.raises(ValueError, match="AuthMode"):
        Access.from_environment({"AUTH_MODE": mode})


def test_a_mode_must_be_named():
    with pytest.raises(KeyError, match="AUTH_MODE"):
        Access.from_environment({})


def test_anybody_may_ask_on_this_machine_and_never_in_lambda():
    local, in_lambda = {"AUTH_MODE": "local"}, {"AWS_LAMBDA_FUNCTION_NAME": "querying"}

    assert Access.from_environment(local).mode is AuthMode.LOCAL
    assert Access.from_environment({**local, **in_lambda, "AWS_SAM_LOCAL": "true"})
    with pytest.raises(ValueError, match="not in Lambda"):
        Access.from_environment({**local, **in_lambda})


def test_an_unknown_text_language_is_an_error():
    with pytest.raises(ValueError, match="TextLanguage"):
        QueryingSettings.from_environment({**ENVIRONMENT, "TEXT_LANGUAGE": "tlh"})

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from botocore.session import Session

from querying.errors import TenantRoleError, TenantRoleUnavailableError
from querying.tenant_role import TenantRole

ROLE = "arn:aws:iam::123456789012:role/tenant"


class Sts:
    """Answers with numbered keys, which end after so many minutes, or fails."""

    def __init__(self):
        self.asked = []
        self.minutes = 60
        self.failure = None

    def assume_role(self, **request):
        self.asked.append(request)
        if self.failure:
            raise self.failure
        number = len(self.asked)
        return {
            "Credentials": {
                "AccessKeyId": f"key-{number}",
                "SecretAccessKey": f"secret-{number}",
                "SessionToken": f"token-{number}",
                "Expiration": datetime.now(UTC) + timedelta(minutes=self.minutes),
            }
        }


@pytest.fixture
def sts():
    return Sts()


@pytest.fixture
def role(sts, monkeypatch):
    session = Session()
    monkeypatch.setattr(session, "create_client", lambda *_, **__: sts)
    return TenantRole(session, ROLE)


def key_of(session):
    return session.get_credentials().get_frozen_credentials().access_key


def test_a_session_is_tagged_with_tenant_and_index_when_something_is_first_signed(role, sts):
    session = role.session_for(tenant="acme", index="app1.chunk-acme")
    assert sts.asked == []

    assert key_of(session) == "key-1"
    assert sts.asked == [
        {
            "RoleArn": ROLE,
            "RoleSessionName": "tenant-acme",
            "DurationSeconds": 3600,
            "Tags": [
                {"Key": "tenant", "Value": "acme"},
                {"Key": "index", "Value": "app1.chunk-acme"},
            ],
        }
    ]


def test_credentials_are_used_until_they_are_about_to_end(role, sts):
    session = role.session_for(tenant="acme", index="chunk-acme")

    assert [key_of(session), key_of(session)] == ["key-1", "key-1"]

    sts.minutes = 9
    other = role.session_for(tenant="globex", index="chunk-globex")
    assert key_of(other) == "key-2"
    assert key_of(other) == "key-3"
    assert key_of(session) == "key-1"


def client_error(code):
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "AssumeRole")


@pytest.mark.parametrize(
    ("failure", "raised"),
    [
        (client_error("AccessDenied"), TenantRoleError),
        (client_error("Throttling"), TenantRoleUnavailableError),
        (client_error("ServiceUnavailable"), TenantRoleUnavailableError),
        (ConnectTimeoutError(endpoint_url="https://sts"), TenantRoleUnavailableError),
    ],
)
def test_without_an_answer_of_sts_there_are_no_credentials(role, sts, failure, raised):
    sts.failure = failure
    session = role.session_for(tenant="acme", index="chunk-globex")

    with pytest.raises(raised):
        key_of(session)

    sts.failure = None
    assert key_of(session) == "key-2"


def test_the_functions_own_credentials_are_never_a_fallback(role, sts, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "own")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "own")
    sts.failure = client_error("AccessDenied")

    with pytest.raises(TenantRoleError):
        key_of(role.session_for(tenant="acme", index="chunk-acme"))

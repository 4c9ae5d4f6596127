import uuid

import pytest
from botocore.exceptions import ClientError

from local.authorization import Role
from local.aws import AwsEndpoint
from local.roles import OPERATOR
from local.s3vectors import Principal
from local.wsgi_server import WsgiServer
from tests.fakes.hashing_bedrock import HashingBedrock
from tests.local.authorization.conftest import READER

READER_ROLE = "arn:aws:iam::123456789012:role/reader"
ROLE = "arn:aws:iam::123456789012:role/tenant"
TAGS = [{"Key": "tenant", "Value": "acme"}]
ASK = {"RoleArn": ROLE, "RoleSessionName": "tenant-acme", "Tags": TAGS}
ALLOWED = {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Resource": ROLE}


def trust(principal=READER_ROLE, effect="Allow", **more):
    return {
        "Effect": effect,
        "Principal": {"AWS": principal},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        **more,
    }


@pytest.fixture(scope="module")
def principals():
    return {}


@pytest.fixture(scope="module")
def roles():
    return {}


@pytest.fixture(scope="module")
def url(principals, roles):
    endpoint = AwsEndpoint(bedrock_runtime=HashingBedrock(), principals=principals, roles=roles)
    with WsgiServer(endpoint) as server:
        yield server.url


@pytest.fixture
def bucket(client, url):
    name = f"documents-{uuid.uuid4().hex}"
    client("s3", url, OPERATOR).create_bucket(Bucket=name)
    for tenant in ("acme", "globex"):
        client("s3", url, OPERATOR).put_object(Bucket=name, Key=f"{tenant}/a.txt", Body=b"text")
    return name


@pytest.fixture(autouse=True)
def allow(principals, roles):
    """Gives the reader these statements, and the role this trust and these statements."""

    def allow(*trusting, reader=(ALLOWED,), statements=()):
        arn = "arn:aws:sts::123456789012:assumed-role/reader/function"
        principals[READER] = Principal(arn, reader)
        roles[ROLE] = Role(ROLE, trusting, statements)

    principals.clear()
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    principals[OPERATOR] = Principal("arn:aws:iam::123456789012:user/operator", (everything,))
    allow()
    return allow


@pytest.fixture
def assume(client, url):
    def assume(**asked):
        return client("sts", url).assume_role(**{**ASK, **asked})

    return assume


def test_a_session_may_do_what_its_role_allows_to_its_tags(allow, assume, client, url, bucket):
    own = f"arn:aws:s3:::{bucket}/${{aws:PrincipalTag/tenant}}/*"
    reads = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": own}
    allow(trust(), statements=(reads,))

    answer = assume()

    s3 = client("s3", url, answer["Credentials"]["AccessKeyId"])
    assert answer["AssumedRoleUser"]["Arn"].endswith(":assumed-role/tenant/tenant-acme")
    assert s3.get_object(Bucket=bucket, Key="acme/a.txt")["Body"].read() == b"text"
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=bucket, Key="globex/a.txt")
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    with pytest.raises(ClientError):
        client("s3", url).get_object(Bucket=bucket, Key="acme/a.txt")


def test_sessions_of_one_role_have_each_their_own_tags(allow, assume, principals):
    allow(trust())

    keys = [
        assume(Tags=[{"Key": "tenant", "Value": tenant}])["Credentials"]["AccessKeyId"]
        for tenant in ("acme", "globex")
    ]

    assert [principals[key].tags for key in keys] == [{"tenant": "acme"}, {"tenant": "globex"}]


ONLY_ACME = {"StringEquals": {"aws:RequestTag/tenant": "acme"}}
NO_MORE = {"ForAllValues:StringEquals": {"aws:TagKeys": ["tenant"]}}


@pytest.mark.parametrize(
    "trusting",
    [
        (trust("arn:aws:iam::123456789012:user/somebody"),),
        (trust("arn:aws:iam::123456789012:role/other"),),
        (trust(Action="sts:AssumeRole"),),
        (trust(), trust(effect="Deny", Condition=ONLY_ACME)),
        (trust(Condition={"StringEquals": {"aws:RequestTag/tenant": "globex"}}),),
        (trust(Condition={"StringEquals": {"aws:RequestTag/index": "chunk"}}),),
        (trust(Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["index"]}}),),
    ],
)
def test_who_is_not_trusted_gets_no_session(allow, assume, principals, trusting):
    allow(*trusting)
    known = set(principals)

    with pytest.raises(ClientError) as caught:
        assume()

    answer = caught.value.response
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]) == (
        403,
        "AccessDenied",
    )
    assert set(principals) == known


@pytest.mark.parametrize(
    "trusting",
    [
        trust(),
        trust("arn:aws:sts::123456789012:assumed-role/reader/function"),
        trust("arn:aws:iam::123456789012:root"),
        trust(Condition={**ONLY_ACME, **NO_MORE}),
    ],
)
def test_who_is_trusted_gets_one(allow, assume, trusting):
    allow(trusting)

    assert assume()["Credentials"]["SessionToken"]


@pytest.mark.parametrize(
    "own", [(), ({**ALLOWED, "Action": "sts:AssumeRole"},), ({**ALLOWED, "Resource": "*:role/x"},)]
)
def test_trust_alone_is_not_enough(allow, assume, own):
    allow(trust(), reader=own)

    with pytest.raises(ClientError) as caught:
        assume()

    assert caught.value.response["Error"]["Code"] == "AccessDenied"


def test_a_role_that_is_not_there_cannot_be_assumed(allow, assume):
    everything = {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}
    allow(trust(), reader=(everything,))

    with pytest.raises(ClientError) as caught:
        assume(RoleArn=ROLE + "2")

    assert caught.value.response["Error"]["Code"] == "AccessDenied"

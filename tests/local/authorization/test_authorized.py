import http.client
import urllib.error
import urllib.request
import uuid
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from local.aws import AwsEndpoint
from local.roles import OPERATOR
from local.s3vectors import Principal
from local.wsgi_server import WsgiServer
from tests.fakes.hashing_bedrock import HashingBedrock
from tests.local.authorization.conftest import READER

ROLE = "arn:aws:iam::123456789012:role/reader"
QUEUE_ARN = "arn:aws:sqs:us-east-1:123456789012:{}"
MODEL_ARN = "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0"


def allow(action, resource, effect="Allow", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


@pytest.fixture(scope="module")
def principals():
    return {}


@pytest.fixture(scope="module")
def url(principals):
    endpoint = AwsEndpoint(bedrock_runtime=HashingBedrock(), principals=principals)
    with WsgiServer(endpoint) as server:
        yield server.url


@pytest.fixture(autouse=True)
def grant(principals):
    """Gives the reader these statements, and nobody but the operator any other."""

    def grant(*statements, **tags):
        principals[READER] = Principal(ROLE, statements, tags)

    principals.clear()
    operator = Principal("arn:aws:iam::123456789012:user/operator", (allow("*", "*"),))
    principals[OPERATOR] = operator
    grant()
    return grant


@pytest.fixture
def bucket(client, url):
    name = f"documents-{uuid.uuid4().hex}"
    client("s3", url, OPERATOR).create_bucket(Bucket=name)
    client("s3", url, OPERATOR).put_object(Bucket=name, Key="acme/a b.txt", Body=b"text")
    return name


@pytest.fixture
def queue(client, url):
    name = f"queue-{uuid.uuid4().hex}"
    client("sqs", url, OPERATOR).create_queue(QueueName=name)
    return name


def denied(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def test_a_caller_reads_what_its_statements_name_and_nothing_else(client, url, grant, bucket):
    s3 = client("s3", url)
    grant(
        allow("s3:GetObject", f"arn:aws:s3:::{bucket}/${{aws:PrincipalTag/tenant}}/*"),
        tenant="acme",
    )

    assert s3.get_object(Bucket=bucket, Key="acme/a b.txt")["Body"].read() == b"text"
    assert denied(s3.get_object, Bucket=bucket, Key="globex/a.txt") == (403, "AccessDenied")
    assert denied(s3.list_objects_v2, Bucket=bucket) == (403, "AccessDenied")
    assert denied(s3.put_object, Bucket=bucket, Key="acme/b.txt", Body=b"") == (403, "AccessDenied")


def test_a_denial_names_caller_action_and_resource(client, url, bucket):
    with pytest.raises(ClientError) as caught:
        client("s3", url).get_object(Bucket=bucket, Key="acme/a b.txt")

    assert caught.value.response["Error"]["Message"] == (
        f"User: {ROLE} is not authorized to perform: s3:GetObject on resource: "
        f"arn:aws:s3:::{bucket}/acme/a b.txt because no identity-based policy allows the "
        "s3:GetObject action"
    )


def test_only_who_may_list_a_bucket_learns_that_an_object_is_absent(client, url, grant, bucket):
    s3, absent = client("s3", url), {"Bucket": bucket, "Key": "absent"}
    read = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    grant(read)

    assert denied(s3.head_object, **absent) == (403, "403")
    assert denied(s3.get_object, **absent) == (403, "AccessDenied")
    assert s3.head_object(Bucket=bucket, Key="acme/a b.txt")["ContentLength"] == 4

    grant(read, allow("s3:ListBucket", f"arn:aws:s3:::{bucket}"))

    assert denied(s3.head_object, **absent) == (404, "404")
    assert denied(s3.get_object, **absent) == (404, "NoSuchKey")


def test_only_who_may_read_the_tags_of_an_object_learns_that_it_has_some(
    client, url, grant, bucket
):
    operator, s3 = client("s3", url, OPERATOR), client("s3", url)
    operator.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    document = {"Bucket": bucket, "Key": "acme/a b.txt"}
    put = operator.put_object(**document, Body=b"text", Tagging="class=public")
    version = {**document, "VersionId": put["VersionId"]}
    objects = f"arn:aws:s3:::{bucket}/*"
    read = allow(["s3:GetObject", "s3:GetObjectVersion"], objects)
    grant(read)

    for call in (s3.head_object, s3.get_object):
        assert "TagCount" not in call(**document)
    assert s3.get_object(**document)["Body"].read() == b"text"

    grant(read, allow("s3:GetObjectTagging", objects))

    for call in (s3.head_object, s3.get_object):
        assert call(**document)["TagCount"] == 1
        assert "TagCount" not in call(**version)

    grant(read, allow("s3:GetObjectVersionTagging", objects))

    assert s3.head_object(**version)["TagCount"] == 1


def test_a_message_that_is_allowed_arrives_whole(client, url, grant, queue):
    sqs, message = (
        client("sqs", url),
        {"QueueUrl": f"{url}/123456789012/{queue}", "MessageBody": "é"},
    )
    operator = client("sqs", url, OPERATOR)

    assert denied(sqs.send_message, **message) == (403, "AccessDenied")
    grant(allow("sqs:sendmessage", QUEUE_ARN.format(queue)))
    sqs.send_message(**message)

    (received,) = operator.receive_message(QueueUrl=message["QueueUrl"])["Messages"]
    assert received["Body"] == "é"


def test_a_catalog_is_written_by_who_may_write_it(client, url, grant):
    name = f"table-{uuid.uuid4().hex}"
    client("dynamodb", url, OPERATOR).create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb, item = client("dynamodb", url), {"pk": {"S": "é"}}
    arn = f"arn:aws:dynamodb:us-east-1:123456789012:table/{name}"
    grant(allow(["dynamodb:PutItem", "dynamodb:GetItem"], arn))

    dynamodb.put_item(TableName=name, Item=item)

    assert dynamodb.get_item(TableName=name, Key=item)["Item"] == item
    assert denied(dynamodb.scan, TableName=name) == (400, "AccessDeniedException")


def test_a_model_is_invoked_by_who_may_invoke_it(client, url, grant):
    bedrock, body = client("bedrock-runtime", url), b'{"inputText": "x"}'
    grant(allow("bedrock:InvokeModel", MODEL_ARN))

    answer = bedrock.invoke_model(modelId="amazon.titan-embed-text-v2:0", body=body)

    assert b"embedding" in answer["body"].read()
    assert denied(bedrock.invoke_model, modelId="cohere.embed-v4:0", body=body) == (
        403,
        "AccessDeniedException",
    )


def test_s3_vectors_and_sts_refuse_in_their_own_forms(client, url):
    assert denied(client("s3vectors", url).list_vector_buckets) == (403, "AccessDeniedException")
    assert denied(client("sts", url).get_caller_identity) == (403, "AccessDenied")


def test_a_deny_wins(client, url, grant, bucket):
    everything = allow("s3:*", "*")
    grant(everything, allow("s3:GetObject", f"arn:aws:s3:::{bucket}/acme/*", effect="Deny"))
    s3 = client("s3", url)

    assert denied(s3.get_object, Bucket=bucket, Key="acme/a b.txt") == (403, "AccessDenied")
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1


def test_a_key_of_nobody_may_do_nothing(client, url, bucket):
    s3 = client("s3", url, "unknown")

    assert denied(s3.get_object, Bucket=bucket, Key="acme/a b.txt") == (403, "AccessDenied")


def test_a_request_without_signature_may_only_administer(url, bucket):
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{url}/{bucket}/acme/a%20b.txt")
    caught.value.close()
    assert caught.value.code == 403

    for path in ("/_s3vectors/calls", "/moto-api/seed?a=1"):
        method = "GET" if "calls" in path else "POST"
        with urllib.request.urlopen(urllib.request.Request(url + path, method=method)) as answer:
            assert answer.status == 200


def test_a_presigned_link_opens_what_its_signer_may_read(client, url, grant, bucket):
    s3 = client("s3", url, signature_version="s3v4")
    document = {"Bucket": bucket, "Key": "acme/a b.txt"}
    link = s3.generate_presigned_url("get_object", Params=document)

    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(link)
    caught.value.close()
    grant(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"))

    assert caught.value.code == 403
    with urllib.request.urlopen(link) as answer:
        assert answer.read() == b"text"


def test_a_connection_outlives_the_refusal_of_a_large_body(url, bucket):
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    scope = "20261122/us-east-1/s3/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={READER}/{scope}, Signature=x"}
    for _ in range(2):
        connection.request("PUT", f"/{bucket}/large", body=bytes(1_000_000), headers=headers)
        answer = connection.getresponse()
        assert (answer.status, b"AccessDenied" in answer.read()) == (403, True)
    connection.close()

import pytest
from botocore.exceptions import ClientError
from werkzeug.wrappers import Request

from local.authorization.needs import needs
from local.authorization.refusals import refusal
from local.authorization.signature import Signature
from local.wsgi_server import WsgiServer

QUEUE = {"QueueUrl": "http://127.0.0.1:1/123456789012/queue"}
QUEUE_ARN = "arn:aws:sqs:us-east-1:123456789012:queue"
DOCUMENT = {"Bucket": "documents", "Key": "tenants/acme/a b+é.txt"}
DOCUMENT_ARN = "arn:aws:s3:::documents/tenants/acme/a b+é.txt"
TABLE_ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/catalog"
ITEM = {"TableName": "catalog", "Key": {"pk": {"S": "x"}}}
QUERY = {
    "TableName": "catalog",
    "KeyConditionExpression": "pk = :pk",
    "ExpressionAttributeValues": {":pk": {"S": "x"}},
}
PUT = {"TableName": "catalog", "Item": {"pk": {"S": "x"}}}
MODEL_ARN = "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0"
PARAMETER_ARN = "arn:aws:ssm:us-east-1:123456789012:parameter/app/key"
PROFILE_ARN = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.cohere.embed-v4:0"
RERANKING_MODEL_ARN = "arn:aws:bedrock:us-east-1::foundation-model/amazon.rerank-v1:0"
RERANK = {
    "queries": [{"type": "TEXT", "textQuery": {"text": "x"}}],
    "sources": [
        {
            "type": "INLINE",
            "inlineDocumentSource": {"type": "TEXT", "textDocument": {"text": "x"}},
        }
    ],
    "rerankingConfiguration": {
        "type": "BEDROCK_RERANKING_MODEL",
        "bedrockRerankingConfiguration": {"modelConfiguration": {"modelArn": RERANKING_MODEL_ARN}},
    },
}


class Asked:
    """Refuses every request, and notes what it would have needed."""

    def __init__(self):
        self.needs = []

    def __call__(self, environ, start_response):
        signature = Signature.of(environ)
        self.needs += needs(Request(environ), signature.service, signature.region)
        return refusal(signature.service, "no")(environ, start_response)


@pytest.fixture(scope="module")
def needed(client):
    """What a call needs, by service, operation and parameters."""
    asked = Asked()

    def needed(service, operation, parameters):
        asked.needs.clear()
        with pytest.raises(ClientError):
            getattr(client(service, server.url), operation)(**parameters)
        return asked.needs

    with WsgiServer(asked) as server:
        yield needed


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    [
        (
            "bedrock-agent-runtime",
            "rerank",
            RERANK,
            [("bedrock:Rerank", "*"), ("bedrock:InvokeModel", RERANKING_MODEL_ARN)],
        ),
        ("ssm", "get_parameter", {"Name": "/app/key:3"}, [("ssm:GetParameter", PARAMETER_ARN)]),
        (
            "ssm",
            "put_parameter",
            {"Name": "/app/key", "Value": "x"},
            [("ssm:PutParameter", PARAMETER_ARN)],
        ),
        ("ssm", "describe_parameters", {}, [("ssm:DescribeParameters", "*")]),
        ("s3", "get_object", DOCUMENT, [("s3:GetObject", DOCUMENT_ARN)]),
        ("s3", "get_object", {**DOCUMENT, "Range": "bytes=0-9"}, [("s3:GetObject", DOCUMENT_ARN)]),
        ("s3", "head_object", DOCUMENT, [("s3:GetObject", DOCUMENT_ARN)]),
        ("s3", "head_object", {**DOCUMENT, "PartNumber": 1}, [("s3:GetObject", DOCUMENT_ARN)]),
        (
            "s3",
            "get_object",
            {**DOCUMENT, "VersionId": "v", "ResponseContentType": "text/plain"},
            [("s3:GetObjectVersion", DOCUMENT_ARN)],
        ),
        ("s3", "get_object_tagging", DOCUMENT, [("s3:GetObjectTagging", DOCUMENT_ARN)]),
        (
            "s3",
            "get_object_tagging",
            {**DOCUMENT, "VersionId": "v"},
            [("s3:GetObjectVersionTagging", DOCUMENT_ARN)],
        ),
        (
            "s3",
            "list_objects_v2",
            {"Bucket": "documents", "Prefix": "", "StartAfter": "a", "MaxKeys": 3},
            [("s3:ListBucket", "arn:aws:s3:::documents")],
        ),
        (
            "s3",
            "list_object_versions",
            {"Bucket": "documents"},
            [("s3:ListBucketVersions", "arn:aws:s3:::documents")],
        ),
        ("s3", "head_bucket", {"Bucket": "documents"}, [("s3:ListBucket", "arn:aws:s3:::documents")]),
        ("s3", "list_buckets", {}, [("s3:GET", "*")]),
        ("s3", "put_object", DOCUMENT, [("s3:PUT", "*")]),
        ("s3", "get_object_acl", DOCUMENT, [("s3:GET acl", "*")]),
        ("sqs", "send_message", {**QUEUE, "MessageBody": "x"}, [("sqs:SendMessage", QUEUE_ARN)]),
        (
            "sqs",
            "change_message_visibility_batch",
            {**QUEUE, "Entries": [{"Id": "1", "ReceiptHandle": "r", "VisibilityTimeout": 1}]},
            [("sqs:ChangeMessageVisibility", QUEUE_ARN)],
        ),
        ("sqs", "list_queues", {}, [("sqs:ListQueues", "*")]),
        (
            "cloudformation",
            "describe_stacks",
            {"StackName": "dropvec"},
            [
                (
                    "cloudformation:DescribeStacks",
                    "arn:aws:cloudformation:us-east-1:123456789012:stack/dropvec/*",
                )
            ],
        ),
        (
            "cloudformation",
            "list_exports",
            {},
            [("cloudformation:ListExports", "*")],
        ),
        ("dynamodb", "get_item", ITEM, [("dynamodb:GetItem", TABLE_ARN)]),
        ("dynamodb", "get_item", {**ITEM, "TableName": TABLE_ARN}, [("dynamodb:GetItem", TABLE_ARN)]),
        ("dynamodb", "put_item", PUT, [("dynamodb:PutItem", TABLE_ARN)]),
        ("dynamodb", "query", QUERY, [("dynamodb:Query", TABLE_ARN)]),
        (
            "dynamodb",
            "query",
            {**QUERY, "IndexName": "by-state"},
            [("dynamodb:Query", f"{TABLE_ARN}/index/by-state")],
        ),
        (
            "dynamodb",
            "batch_get_item",
            {"RequestItems": {"catalog": {"Keys": [ITEM["Key"]]}, "other": {"Keys": [ITEM["Key"]]}}},
            [
                ("dynamodb:BatchGetItem", TABLE_ARN),
                ("dynamodb:BatchGetItem", TABLE_ARN.replace("catalog", "other")),
            ],
        ),
        (
            "dynamodb",
            "transact_write_items",
            {
                "TransactItems": [
                    {"Put": PUT},
                    {"Delete": ITEM},
                    {"ConditionCheck": {**ITEM, "ConditionExpression": "pk = pk"}},
                ]
            },
            [
                ("dynamodb:PutItem", TABLE_ARN),
                ("dynamodb:DeleteItem", TABLE_ARN),
                ("dynamodb:ConditionCheckItem", TABLE_ARN),
            ],
        ),
        ("dynamodb", "list_tables", {}, [("dynamodb:ListTables", "*")]),
        (
            "bedrock-runtime",
            "invoke_model",
            {"modelId": "amazon.titan-embed-text-v2:0", "body": b"{}"},
            [("bedrock:InvokeModel", MODEL_ARN)],
        ),
        (
            "bedrock-runtime",
            "invoke_model",
            {"modelId": MODEL_ARN, "body": b"{}"},
            [("bedrock:InvokeModel", MODEL_ARN)],
        ),
        (
            "bedrock-runtime",
            "invoke_model",
            {"modelId": "us.cohere.embed-v4:0", "body": b"{}"},
            [
                ("bedrock:InvokeModel", PROFILE_ARN),
                ("bedrock:InvokeModel", "arn:aws:bedrock:us-east-1::foundation-model/cohere.embed-v4:0"),
                ("bedrock:InvokeModel", "arn:aws:bedrock:us-west-2::foundation-model/cohere.embed-v4:0"),
                ("bedrock:InvokeModel", "arn:aws:bedrock:::foundation-model/cohere.embed-v4:0"),
            ],
        ),
        (
            "bedrock-runtime",
            "converse",
            {"modelId": "m", "messages": []},
            [("bedrock:POST /model/m/converse", "*")],
        ),
        ("sts", "get_caller_identity", {}, [("sts:POST /", "*")]),
    ],
)  # fmt: skip
def test_a_call_of_the_sdk_needs_its_action_on_its_resource(
    needed, service, operation, parameters, expected
):
    assert [need[:2] for need in needed(service, operation, parameters)] == expected


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'{"RequestItems": {}}'])
def test_a_body_that_names_no_table_needs_the_action_on_everything(body):
    headers = {"X-Amz-Target": "DynamoDB_20120810.GetItem"}
    request = Request.from_values(method="POST", data=body, headers=headers)

    assert needs(request, "dynamodb", "us-east-1") == [("dynamodb:GetItem", "*", {})]


@pytest.mark.parametrize(
    ("operation", "parameters", "partitions"),
    [
        ("get_item", {**ITEM, "Key": {"sk": {"S": "y"}, "pk": {"S": "x"}}}, ("x",)),
        ("put_item", PUT, ("x",)),
        ("query", QUERY, ("x",)),
        ("query", {**QUERY, "KeyConditionExpression": "pk = :pk AND sk > :sk"}, ("x",)),
        (
            "query",
            {
                **QUERY,
                "KeyConditionExpression": "#a=:pk and #b=:sk",
                "ExpressionAttributeNames": {"#a": "pk", "#b": "sk"},
            },
            ("x",),
        ),
        (
            "batch_get_item",
            {"RequestItems": {"catalog": {"Keys": [ITEM["Key"], {"pk": {"S": "y"}}]}}},
            ("x", "y"),
        ),
        ("query", {**QUERY, "KeyConditionExpression": "sk = :pk"}, None),
        ("scan", {"TableName": "catalog"}, None),
    ],
)
def test_a_call_of_dynamodb_names_its_partitions_or_none(needed, operation, parameters, partitions):
    (need,) = needed("dynamodb", operation, parameters)

    assert need.context.get("dynamodb:leadingkeys") == partitions


def test_a_session_with_tags_needs_to_be_tagged_too(needed):
    role = "arn:aws:iam::123456789012:role/tenant"
    asked = {"RoleArn": role, "RoleSessionName": "tenant-é"}
    tags = [{"Key": "tenant", "Value": "acme"}, {"Key": "index", "Value": "app1.chunk-acme"}]

    (untagged,) = needed("sts", "assume_role", asked)
    tagged = needed("sts", "assume_role", {**asked, "Tags": tags})

    assert untagged == ("sts:AssumeRole", role, {"sts:rolesessionname": ("tenant-é",)})
    assert [need[:2] for need in tagged] == [("sts:AssumeRole", role), ("sts:TagSession", role)]
    assert tagged[0].context == {
        "sts:rolesessionname": ("tenant-é",),
        "aws:requesttag/tenant": ("acme",),
        "aws:requesttag/index": ("app1.chunk-acme",),
        "aws:tagkeys": ("tenant", "index"),
    }

"""What the template promises, read from the template itself."""

import pytest

from local.stack import LocalStack
from local.template import Template

INDEXING_ACTIONS = {
    "GetVectorBucket",
    "CreateVectorBucket",
    "GetIndex",
    "CreateIndex",
    "PutVectors",
    "GetVectors",
    "DeleteVectors",
}
QUERYING_ACTIONS = {"GetVectorBucket", "GetIndex", "QueryVectors", "GetVectors"}


def template(**parameters):
    return Template.load(
        stack_name="search",
        parameters={"VectorStore": "s3vectors://my-s3-vectors-bucket", **parameters},
        resource_values=lambda logical_id, attribute: f"{logical_id}.{attribute}",
    )


def statements(function, **parameters):
    (policy,) = template(**parameters).properties(function)["Policies"]
    return policy["Statement"]


def actions(function, service):
    return {
        action.removeprefix(service + ":")
        for statement in statements(function)
        for action in listed(statement["Action"])
        if action.startswith(service + ":")
    }


def listed(value):
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("IndexingFunction", INDEXING_ACTIONS),
        ("QueryingFunction", QUERYING_ACTIONS),
        ("SyncingFunction", set()),
    ],
)
def test_a_function_may_do_exactly_its_list_of_vector_operations(function, expected):
    assert actions(function, "s3vectors") == expected


def test_the_reranking_model_may_be_asked_only_where_there_is_one():
    querying = template().properties("QueryingFunction")
    assert len(querying["Policies"]) == 1
    assert template().environment("QueryingFunction")["RERANKING_MODEL_ARN"] == ""

    chosen = template(RerankingModel="amazon.rerank-v1:0")

    arn = "arn:aws:bedrock:us-east-1::foundation-model/amazon.rerank-v1:0"
    _, policy = chosen.properties("QueryingFunction")["Policies"]
    assert [(s["Action"], s["Resource"]) for s in policy["Statement"]] == [
        ("bedrock:Rerank", "*"),
        ("bedrock:InvokeModel", arn),
    ]
    assert chosen.environment("QueryingFunction")["RERANKING_MODEL_ARN"] == arn


@pytest.mark.parametrize("function", ["IndexingFunction", "QueryingFunction", "SyncingFunction"])
def test_no_statement_allows_every_resource_or_every_action_of_a_service(function):
    for statement in statements(function):
        assert "*" not in listed(statement["Resource"])
        assert not [action for action in listed(statement["Action"]) if "*" in action]


@pytest.mark.parametrize(
    ("connection_string", "indexes"),
    [
        ("s3vectors://my-s3-vectors-bucket", "chunk*"),
        ("s3vectors://my-s3-vectors-bucket/app1", "app1.chunk*"),
        ("s3vectors://my-s3-vectors-bucket/a.b-c", "a.b-c.chunk*"),
    ],
)
def test_vector_permissions_end_at_the_bucket_and_prefix_of_the_connection_string(
    connection_string, indexes
):
    bucket = "arn:aws:s3vectors:us-east-1:123456789012:bucket/my-s3-vectors-bucket"

    for function in ("IndexingFunction", "QueryingFunction"):
        resources = {
            statement["Sid"]: statement["Resource"]
            for statement in statements(function, VectorStore=connection_string)
        }
        assert resources["VectorBucket"] == bucket
        assert resources["VectorIndexes"] == f"{bucket}/index/{indexes}"


def test_bedrock_may_be_asked_for_the_chosen_model_only():
    model = "bedrock://cohere.embed-v4:0?dimensions=512"

    for function in ("IndexingFunction", "QueryingFunction"):
        resources = {s["Sid"]: s["Resource"] for s in statements(function, EmbeddingModel=model)}
        assert resources["Embed"] == (
            "arn:aws:bedrock:us-east-1::foundation-model/cohere.embed-v4:0"
        )


def test_the_bucket_named_for_the_function_is_the_bucket_that_is_made():
    deployment = template()

    bucket = deployment.properties("DocumentsBucket")["BucketName"]

    assert deployment.environment("IndexingFunction")["DOCUMENTS_BUCKET"] == bucket
    assert bucket == "search-documents-123456789012"


def test_a_message_is_hidden_for_six_times_the_functions_time_out():
    deployment = template()

    visibility = deployment.properties("IndexingQueue")["VisibilityTimeout"]

    assert visibility == 6 * deployment.properties("IndexingFunction")["Timeout"]


def test_deployed_functions_use_the_endpoints_of_aws():
    assert template().environment("IndexingFunction")["AWS_ENDPOINT_URL"] == ""


def test_a_parameter_without_default_must_be_given():
    with pytest.raises(KeyError, match="VectorStore"):
        Template.load(stack_name="x", parameters={}, resource_values=lambda *_: "")


def test_the_api_has_the_two_query_routes():
    assert {(route.method, route.path) for route in template().routes()} == {
        ("POST", "/query"),
        ("POST", "/tenants/{tenant_id}/query"),
    }


def test_the_local_stack_resolves_every_resource_that_it_makes():
    stack = LocalStack("http://127.0.0.1:4600")

    variables = stack.environment("IndexingFunction")

    assert variables["CATALOG_TABLE"] == stack.catalog_table
    assert variables["INDEXING_QUEUE_URL"] == stack.queue_url
    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4600"

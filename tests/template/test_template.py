"""What the template promises, read from the template itself."""

import json
import re
from itertools import product

import pytest
from botocore.session import Session
from hypothesis import example, given, settings
from hypothesis import strategies as st

from embedding import ModelUri, ModelUriError
from embedding.model_uri import FOUNDATION_MODELS
from local.http_api import routes
from local.roles import access_key_id, principals, role_arn, roles
from local.s3vectors.access.patterns import matches
from local.stack import LocalStack
from local.template import REGION, TEMPLATE_PATH, Template, template_content
from local.template_parameters import refused_values
from metering.typical_vector import TypicalVector
from metering.usage import MIN_PUT_BYTES
from querying.routes import ROUTES
from vector_store import ConnectionString
from vector_store.errors import InvalidNameError
from vector_store.index_name import IndexName
from vector_store.write_rate import WriteRate

INDEXING_ACTIONS = {
    "GetVectorBucket",
    "CreateVectorBucket",
    "GetIndex",
    "CreateIndex",
    "PutVectors",
    "GetVectors",
    "DeleteVectors",
}
ANSWERED = {f"{method} {path}" for path, methods in ROUTES.items() for method in methods}
QUERYING_ACTIONS = {"GetIndex", "QueryVectors", "GetVectors"}
PARAMETERS = template_content()["Parameters"]


def template(**parameters):
    return Template.load(
        stack_name="search",
        parameters={"VectorStore": "s3vectors://my-s3-vectors-bucket", **parameters},
        resource_values=lambda logical_id, attribute: f"{logical_id}.{attribute}",
    )


def statements(who, **parameters):
    """Of a function, or of a role that the template declares."""
    deployed = template(**parameters)
    if who.endswith("Role"):
        return roles(deployed)[role_arn("search", who)].statements
    return principals(deployed)[access_key_id(who)].statements


def actions(who, service):
    return {
        action.removeprefix(service + ":")
        for statement in statements(who)
        for action in listed(statement["Action"])
        if action.startswith(service + ":")
    }


def listed(value):
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("IndexingFunction", INDEXING_ACTIONS),
        ("QueryingFunction", set()),
        ("TenantRole", QUERYING_ACTIONS),
        ("SyncingFunction", set()),
    ],
)
def test_everyone_may_do_exactly_their_list_of_vector_operations(who, expected):
    assert actions(who, "s3vectors") == expected


def test_the_query_function_itself_may_embed_sign_and_become_a_tenant_and_no_more():
    sids = {statement["Sid"] for statement in statements("QueryingFunction")}

    assert sids == {"Embed", "SignPages", "BecomeATenant", "WriteLogs", "SendTraces"}
    assert actions("QueryingFunction", "sts") == {"AssumeRole", "TagSession"}


def test_only_the_query_function_becomes_a_tenant():
    for statement in roles(template())[role_arn("search", "TenantRole")].trust:
        assert statement["Principal"] == {"AWS": "QueryingRole.Arn"}


def test_the_reranking_model_may_be_asked_only_where_there_is_one():
    assert template().environment("QueryingFunction")["RERANKING_MODEL_ARN"] == ""

    chosen = {"RerankingModel": "amazon.rerank-v1:0"}

    arn = "arn:aws:bedrock:us-east-1::foundation-model/amazon.rerank-v1:0"
    more = [s for s in statements("QueryingFunction", **chosen) if "Rerank" in s["Sid"]]
    assert [(s["Action"], s["Resource"]) for s in more] == [
        ("bedrock:Rerank", "*"),
        ("bedrock:InvokeModel", arn),
    ]
    assert template(**chosen).environment("QueryingFunction")["RERANKING_MODEL_ARN"] == arn


def policies(**parameters):
    """Every statement of every role of the template, its state machines' too, by who has it and its name."""
    deployed = template(**parameters)
    found = {
        (arn.rpartition("/")[2].removeprefix("search-"), statement["Sid"]): statement
        for arn, role in roles(deployed).items()
        for statement in role.statements
    }
    for machine in deployed.logical_ids("AWS::Serverless::StateMachine"):
        for document in deployed.properties(machine)["Policies"]:
            found |= {(machine, s["Sid"]): s for s in document["Statement"]}
    return found


EVERYTHING_CHOSEN = {
    "BulkSync": "on",
    "KmsKey": "create",
    "RerankingModel": "amazon.rerank-v1:0",
}

WITHOUT_RESOURCES = {"bedrock:Rerank", "xray:PutTelemetryRecords", "xray:PutTraceSegments"}
"""Actions that AWS's service authorization reference has no resource types for."""


def test_no_statement_allows_every_resource_where_aws_has_one_nor_every_action_of_a_service():
    for who, statement in policies(**EVERYTHING_CHOSEN).items():
        for action in listed(statement["Action"]):
            assert "*" not in action, who
        if "*" in listed(statement["Resource"]):
            assert set(listed(statement["Action"])) <= WITHOUT_RESOURCES, who


def test_state_machines_and_codedeploy_may_do_what_their_definitions_ask_for():
    found = policies(**EVERYTHING_CHOSEN)

    def of(who):
        return {sid: s["Action"] for (name, sid), s in found.items() if name == who}

    assert of("SyncingSteps") == {"Compare": "lambda:InvokeFunction"}
    assert of("BulkSyncSteps") == {
        "ListDocuments": "s3:ListBucket",  # its ItemReader
        "AskForDocuments": "sqs:SendMessage",  # its task
        "RunBatches": "states:StartExecution",  # its DISTRIBUTED map
        "FollowBatches": ["states:DescribeExecution", "states:StopExecution"],  # the same
        "WriteEncryptedMessages": ["kms:Decrypt", "kms:GenerateDataKey"],
    }
    assert of("DeploymentRole") == {
        "MoveAliases": [
            *("lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetProvisionedConcurrencyConfig")
        ],
        "WatchAlarms": "cloudwatch:DescribeAlarms",
    }


def test_the_key_is_used_through_the_services_that_hold_what_it_encrypts():
    for statement in policies(**EVERYTHING_CHOSEN).values():
        if any(action.startswith("kms:") for action in listed(statement["Action"])):
            assert statement["Resource"] == "EncryptionKey.Arn"
            assert statement["Condition"]["StringEquals"]["kms:ViaService"]
    assert not [s for s in policies().values() if "kms:" in str(s["Action"])]


@pytest.mark.parametrize(
    ("connection_string", "chunk"),
    [
        ("s3vectors://my-s3-vectors-bucket", "chunk"),
        ("s3vectors://my-s3-vectors-bucket/app1", "app1.chunk"),
        ("s3vectors://my-s3-vectors-bucket/a.b-c", "a.b-c.chunk"),
    ],
)
def test_vector_permissions_end_at_the_bucket_and_prefix_of_the_connection_string(
    connection_string, chunk
):
    bucket = "arn:aws:s3vectors:us-east-1:123456789012:bucket/my-s3-vectors-bucket"

    def resources(who):
        found = statements(who, VectorStore=connection_string)
        return {statement["Sid"]: statement["Resource"] for statement in found}

    indexing, tenant = resources("IndexingFunction"), resources("TenantRole")
    assert indexing["VectorBucket"] == bucket
    assert indexing["VectorIndexes"] == [f"{bucket}/index/{chunk}", f"{bucket}/index/{chunk}-*"]
    assert tenant["TenantsIndex"] == f"{bucket}/index/{chunk}-${{aws:PrincipalTag/tenant}}"
    assert tenant["DefaultTenantsIndex"] == f"{bucket}/index/{chunk}"


def test_indexes_of_a_prefix_that_begins_as_a_tenants_index_does_are_another_stacks():
    resources = {s["Sid"]: s["Resource"] for s in statements("IndexingFunction")}["VectorIndexes"]

    def may(index):
        bucket = "arn:aws:s3vectors:us-east-1:123456789012:bucket/my-s3-vectors-bucket"
        return any(matches(pattern, f"{bucket}/index/{index}", {}) for pattern in resources)

    assert may("chunk")
    assert may("chunk-acme")
    assert not may("chunky.chunk")
    assert not may("chunky.chunk-acme")


PARTS_OF_A_VECTOR_STORE = (
    *("s3vectors://", "bucket", "b", "app1", "chunk", "chunky", "statement", "topic"),
    *("-", ".", "/", "A", "_", " ", "ü", "\n", 30 * "a", 57 * "a"),
)


@settings(max_examples=300)
@given(
    st.builds(
        "s3vectors://bucket{}".format,
        st.lists(st.sampled_from(PARTS_OF_A_VECTOR_STORE[1:]), max_size=7).map("".join),
    )
    | st.lists(st.sampled_from(PARTS_OF_A_VECTOR_STORE), max_size=7).map("".join)
    | st.from_regex(PARAMETERS["VectorStore"]["AllowedPattern"], fullmatch=True)
)
@example("s3vectors://bucket/")
@example("s3vectors://bucket//")
@example("s3vectors://bucket/app1/")
@example("s3vectors://bucket/app1//")
@example("s3vectors://bucket/chunk")
@example("s3vectors://bucket/a.chunk-b")
@example("s3vectors://bucket/a..b")
@example("s3vectors://bucket/chunky.a")
@example("s3vectors://bucket/" + 57 * "a")
@example("s3vectors://bucket/" + 58 * "a")
def test_any_vector_store_is_taken_by_the_template_if_and_only_if_it_is_by_the_functions(text):
    try:
        IndexName("chunk", prefix=ConnectionString.parse(text).index_prefix)
        taken = True
    except InvalidNameError:
        taken = False

    declared = {"VectorStore": PARAMETERS["VectorStore"]}
    assert (list(refused_values(declared, {"VectorStore": text})) == []) == taken


def test_an_embedding_model_is_taken_by_the_template_if_and_only_if_it_is_by_the_functions():
    declared = {"EmbeddingModel": PARAMETERS["EmbeddingModel"]}
    known = {str(n) for family in FOUNDATION_MODELS.values() for n in family.dimensions}
    dimensions = ["", *(f"?dimensions={n}" for n in sorted(known | {"", "0", "01024", "768"}))]

    for geography, model, asked in product(["", "us.", "us-gov."], FOUNDATION_MODELS, dimensions):
        text = f"bedrock://{geography}{model}{asked}"
        try:
            ModelUri.parse(text)
            taken = True
        except ModelUriError:
            taken = False

        refused = list(refused_values(declared, {"EmbeddingModel": text}))
        assert (refused == []) == taken, text


def test_bedrock_may_be_asked_for_the_chosen_model_only():
    model = "bedrock://cohere.embed-v4:0?dimensions=512"

    for function in ("IndexingFunction", "QueryingFunction"):
        resources = {s["Sid"]: s["Resource"] for s in statements(function, EmbeddingModel=model)}
        assert resources["Embed"] == (
            "arn:aws:bedrock:us-east-1::foundation-model/cohere.embed-v4:0"
        )


@pytest.mark.parametrize("dimensions", ["", "?dimensions=512"])
@pytest.mark.parametrize("geography", ["us", "us-gov", "global"])
def test_a_profile_may_be_asked_and_behind_it_its_model_in_whatever_region(geography, dimensions):
    profile = f"{geography}.cohere.embed-v4:0"
    chosen = {"EmbeddingModel": f"bedrock://{profile}{dimensions}"}
    arn = f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/{profile}"

    assert template(**chosen).refusals() == []
    for function in ("IndexingFunction", "QueryingFunction"):
        found = {s["Sid"]: s for s in statements(function, **chosen)}
        behind = found["EmbedWhereTheProfileLeads"]
        assert found["Embed"]["Resource"] == arn
        assert behind["Resource"] == "arn:aws:bedrock:*::foundation-model/cohere.embed-v4:0"
        assert behind["Condition"] == {"StringEquals": {"bedrock:InferenceProfileArn": arn}}


def test_the_bucket_named_for_the_function_is_the_bucket_that_is_made():
    deployment = template()

    bucket = deployment.properties("DocumentsBucket")["BucketName"]

    assert deployment.environment("IndexingFunction")["DOCUMENTS_BUCKET"] == bucket
    assert bucket == "search-documents-123456789012-us-east-1"


LONGEST_STACK_NAME = 24
"""As docs/deployment.md has it, for a stack that makes its documents bucket."""


def test_the_bucket_of_the_longest_stack_name_has_no_more_characters_than_s3_takes_in_any_region():
    most, name = 63, template().properties("DocumentsBucket")["BucketName"]
    session = Session()
    regions = {
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("s3", partition)
    }

    beside = len(name) - len("search") - len(REGION)

    assert name.endswith(f"-{REGION}")
    assert LONGEST_STACK_NAME + beside + max(map(len, regions)) == most


def test_a_message_is_hidden_for_six_times_the_functions_time_out():
    deployment = template()

    visibility = deployment.properties("IndexingQueue")["VisibilityTimeout"]

    assert visibility == 6 * deployment.properties("IndexingFunction")["Timeout"]


def test_deployed_functions_use_the_endpoints_of_aws():
    assert template().environment("IndexingFunction")["AWS_ENDPOINT_URL"] == ""


def test_a_parameter_without_default_must_be_given():
    with pytest.raises(KeyError, match="VectorStore"):
        Template.load(stack_name="x", parameters={}, resource_values=lambda *_: "")


TOKENS = {"JwtIssuer": "https://tokens.example.com/pool", "JwtAudience": "one,two"}


@pytest.mark.parametrize(
    ("parameters", "kind"), [({}, "AWS_IAM"), (TOKENS, "JWT")], ids=["iam", "jwt"]
)
def test_every_route_is_authorized_in_the_chosen_way(parameters, kind):
    declared = routes(template(**parameters))

    assert {route.authorization for route in declared} == {kind}
    assert {route.key for route in declared} == {"$default", *ANSWERED}


def test_the_api_stands_before_the_functions_for_sam_local_to_find_its_routes():
    content = TEMPLATE_PATH.read_text()

    assert content.index("Type: AWS::ApiGatewayV2::Api") < content.index("::Serverless::Function\n")


def test_the_function_checks_in_the_way_that_the_routes_authorize():
    assert template().environment("QueryingFunction")["AUTH_MODE"] == "iam"

    variables = template(**TOKENS).environment("QueryingFunction")
    assert variables["AUTH_MODE"] == "jwt"
    assert (variables["JWT_ISSUER"], variables["JWT_AUDIENCE"]) == tuple(TOKENS.values())
    assert variables["JWT_TENANT_CLAIM"] == "tenant_id"


def test_tokens_are_taken_of_the_issuer_and_for_the_audiences_that_were_given():
    assert template().logical_ids("AWS::ApiGatewayV2::Authorizer") == []

    (authorizer,) = template(**TOKENS).logical_ids("AWS::ApiGatewayV2::Authorizer")
    configuration = template(**TOKENS).properties(authorizer)["JwtConfiguration"]
    assert configuration == {"Issuer": TOKENS["JwtIssuer"], "Audience": ["one", "two"]}


def test_nobody_can_choose_that_anybody_may_ask():
    """AUTH_MODE local is no value that any parameters make."""
    content = (TEMPLATE_PATH).read_text()

    assert "AUTH_MODE: !If [HasJwt, jwt, iam]" in content
    assert content.count("AUTH_MODE") == 1


def test_the_api_takes_as_many_requests_as_the_parameters_say():
    def limits(**parameters):
        settings = template(**parameters).properties("ApiStage")["DefaultRouteSettings"]
        return settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]

    assert limits() == (50, 100)
    assert limits(RequestRate="5", RequestBurst="8") == ("5", "8")


def test_the_access_log_says_of_each_request_who_made_it_and_from_where():
    line = json.loads(template().properties("ApiStage")["AccessLogSettings"]["Format"])

    who = {name: line[name].removeprefix("$context.") for name in ("caller", "subject", "address")}
    assert who == {
        "caller": "identity.userArn",
        "subject": "authorizer.claims.sub",
        "address": "identity.sourceIp",
    }
    described = (TEMPLATE_PATH.parent / "docs/observability.md").read_text()
    table = described.partition("### Who asked")[2].partition("```")[0]
    assert set(line) <= set(re.findall(r"`(\w+)`", table))


def test_preflight_requests_alone_need_no_authorization_and_only_with_cors():
    declared = routes(template(AllowedOrigins="https://a.example"))

    assert [r.key for r in declared if r.authorization == "NONE"] == ["OPTIONS /{proxy+}"]


def test_the_local_stack_resolves_every_resource_that_it_makes():
    stack = LocalStack("http://127.0.0.1:4600")

    variables = stack.environment("IndexingFunction")

    assert variables["CATALOG_TABLE"] == stack.catalog_table
    assert variables["INDEXING_QUEUE_URL"] == stack.queue_url
    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4600"


def test_indexing_leaves_half_of_a_new_accounts_concurrency_to_queries():
    concurrency_of_a_new_account = 10
    function = template().properties("IndexingFunction")

    scaling = function["Events"]["Documents"]["Properties"]["ScalingConfig"]
    assert scaling["MaximumConcurrency"] == concurrency_of_a_new_account / 2
    assert function["Environment"]["Variables"]["INDEXING_CONCURRENCY"] == 5


def test_full_requests_of_as_many_workers_as_may_be_hold_what_they_are_billed_as():
    workers = PARAMETERS["IndexingConcurrency"]["MaxValue"]
    chunk = TypicalVector(dimensions=1_024, chunk_size=PARAMETERS["ChunkSize"]["Default"])

    assert WriteRate(writers=workers).max_vectors * chunk.stored_bytes >= MIN_PUT_BYTES

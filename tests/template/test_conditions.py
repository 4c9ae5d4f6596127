"""What is made with which parameters: each condition both ways, and no reference to what is not made."""

import itertools
import re
import tomllib
from pathlib import Path

import pytest

from local.template import Template, template_content

ROOT = Path(__file__).parents[2]
CONTENT = template_content()
VECTOR_STORE = {"VectorStore": "s3vectors://my-s3-vectors-bucket"}
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TOKENS = {"JwtIssuer": "https://tokens.example.com/pool", "JwtAudience": "one,two"}
ALARMS = {"AlarmAddress": "operators@example.com"}

WITH = {
    "CreatesKmsKey": {"KmsKey": "create"},
    "HasAlarms": {"AlarmAddress": "arn:aws:sns:us-east-1:123456789012:pager"},
    "HasBulkSync": {"BulkSync": "on"},
    "HasCors": {"AllowedOrigins": "https://search.example.com"},
    "HasEventAlarms": {**ALARMS, "ExistingDocumentsBucket": "archive"},
    "HasExistingBucket": {"ExistingDocumentsBucket": "archive"},
    "HasIndexPrefix": {"VectorStore": "s3vectors://my-s3-vectors-bucket/app1"},
    "HasInferenceProfile": {"EmbeddingModel": "bedrock://eu.cohere.embed-v4:0?dimensions=512"},
    "HasJwt": TOKENS,
    "HasKmsKey": {"KmsKey": KEY},
    "HasNoJwt": {},
    "HasOwnBucket": {},
    "HasProvisionedConcurrency": {"ProvisionedConcurrency": "2"},
    "HasRerankingModel": {"RerankingModel": "amazon.rerank-v1:0"},
    "HasSnapStart": {"SnapStart": "on"},
    "HasSyncAlarms": ALARMS,
    "HasSyncSchedule": {},
    "HasTracing": {},
    "MakesAlarmTopic": ALARMS,
}
"""Parameters, beside the defaults, with which a condition holds."""

WITHOUT = {
    "HasNoJwt": TOKENS,
    "HasOwnBucket": {"ExistingDocumentsBucket": "archive"},
    "HasSyncSchedule": {"SyncSchedule": "off"},
    "HasTracing": {"Tracing": "PassThrough"},
}
"""And with which it does not; the defaults, where none are here."""

MADE_ONLY = {
    "CreatesKmsKey": {"EncryptionKey"},
    "HasBulkSync": {"BulkSyncSteps"},
    "HasCors": {"AnswerPreflight"},
    "HasEventAlarms": {"EventsNotDelivered"},
    "HasExistingBucket": {"DocumentEvents"},
    "HasOwnBucket": {"DocumentsBucket", "DocumentsBucketPolicy"},
    "HasRerankingModel": {"RerankingPolicy"},
    "HasAlarms": {"AnswersSlow", "Dashboard", "DayIsDear", "DeadLettersWait", "DocumentsFail"},
    "HasSyncAlarms": {"IndexesNearQuota", "LargestIndexNearQuota", "SyncRunsFail"},
    "MakesAlarmTopic": {"AlarmTopic", "AlarmTopicPolicy"},
    "HasSyncSchedule": {"SyncingFunction", "SyncingLogs", "SyncingRole", "SyncingSteps"},
}
"""Resources that one condition decides about; what becomes of the routes, test_template.py says."""


def deployed(**parameters):
    """The template, where a reference to a resource that is not made is an error."""

    made = set()

    def value(logical_id, attribute):
        if logical_id.removesuffix(".Alias") not in made:
            raise AssertionError(f"{logical_id} {attribute} is referred to, and is not made")
        return f"{logical_id}.{attribute}"

    template = Template.load(
        stack_name="search", parameters={**VECTOR_STORE, **parameters}, resource_values=value
    )
    made.update(template.resource_types())
    return template


def choices():
    """Every pair of what one may choose of the conditions; of those that decide all of them alike, one."""
    single = [*WITH.values(), *WITHOUT.values()]
    pairs = [{}, *single, *({**a, **b} for a, b in itertools.combinations(single, 2))]
    return {decided(**parameters): parameters for parameters in pairs}.values()


def decided(**parameters):
    template = deployed(**parameters)
    return tuple(template.holds(name) for name in CONTENT["Conditions"])


def test_every_condition_is_tried_both_ways():
    assert set(WITH) == set(CONTENT["Conditions"])

    for name, parameters in WITH.items():
        assert deployed(**parameters).holds(name), name
        assert not deployed(**WITHOUT.get(name, {})).holds(name), name


@pytest.mark.parametrize("condition", MADE_ONLY)
def test_a_condition_decides_what_is_made(condition):
    made = set(deployed(**WITH[condition]).resource_types())
    else_made = set(deployed(**WITHOUT.get(condition, {})).resource_types())

    assert MADE_ONLY[condition] <= made
    assert MADE_ONLY[condition].isdisjoint(else_made)


def test_whatever_is_chosen_all_that_is_made_can_be_resolved():
    for parameters in choices():
        template = deployed(**parameters)
        for logical_id in template.resource_types():
            template.properties(logical_id)
        for name in CONTENT["Outputs"]:
            assert template.output(name)


def test_documents_are_announced_by_their_bucket_or_by_eventbridge():
    own, other = deployed(), deployed(ExistingDocumentsBucket="archive")

    configured = own.properties("DocumentsBucket")["NotificationConfiguration"]
    events = {part["Event"] for part in configured["QueueConfigurations"]}
    rule = other.properties("DocumentEvents")
    assert events == {
        "s3:ObjectCreated:*",
        "s3:ObjectRemoved:*",
        "s3:ObjectRestore:Completed",
        "s3:ObjectTagging:*",
        "s3:LifecycleExpiration:*",
    }
    assert "Object Restore Completed" in rule["EventPattern"]["detail-type"]
    assert rule["EventPattern"]["detail"] == {"bucket": {"name": ["archive"]}}
    assert [target["Arn"] for target in rule["Targets"]] == ["IndexingQueue.Arn"]
    senders = {
        statement["Principal"]["Service"]: statement["Condition"]["ArnEquals"]["aws:SourceArn"]
        for template in (own, other)
        for statement in template.properties("IndexingQueuePolicy")["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    }
    assert senders == {
        "s3.amazonaws.com": "arn:aws:s3:::search-documents-123456789012-us-east-1",
        "events.amazonaws.com": "DocumentEvents.Arn",
    }


@pytest.mark.parametrize(
    ("parameters", "key"),
    [({}, None), ({"KmsKey": KEY}, KEY), ({"KmsKey": "create"}, "EncryptionKey.Arn")],
    ids=["of AWS", "given", "created"],
)
def test_one_key_encrypts_all_that_is_kept(parameters, key):
    template = deployed(**parameters)

    (rule,) = template.properties("DocumentsBucket")["BucketEncryption"][
        "ServerSideEncryptionConfiguration"
    ]
    queues = [template.properties(name) for name in template.logical_ids("AWS::SQS::Queue")]
    groups = [template.properties(name) for name in template.logical_ids("AWS::Logs::LogGroup")]
    assert rule["ServerSideEncryptionByDefault"].get("KMSMasterKeyID") == key
    assert {queue.get("KmsMasterKeyId") for queue in queues} == {key}
    assert {queue["SqsManagedSseEnabled"] for queue in queues} == {key is None}
    assert {group.get("KmsKeyId") for group in groups} == {key}
    assert template.properties("CatalogTable")["SSESpecification"].get("KMSMasterKeyId") == key
    assert template.environment("IndexingFunction")["VECTOR_STORE_KMS_KEY"] == (key or "")


def test_services_use_the_stacks_key_for_this_stack_alone():
    for bucket in ("", "archive"):
        template = deployed(KmsKey="create", ExistingDocumentsBucket=bucket)
        policy = template.properties("EncryptionKey")["KeyPolicy"]["Statement"]
        services = {
            s["Principal"]["Service"]: (s["Action"], s.get("Condition"))
            for s in policy
            if "Service" in s["Principal"]
        }

        sender = "events.amazonaws.com" if bucket else "s3.amazonaws.com"
        indexing, logs = "indexing.s3vectors.amazonaws.com", "logs.us-east-1.amazonaws.com"
        assert set(services) == {indexing, logs, sender}
        assert services[indexing][0] == "kms:Decrypt"
        assert services[sender][0] == ["kms:Decrypt", "kms:GenerateDataKey"]
        for service in (indexing,) if bucket else (indexing, sender):
            account = services[service][1]["StringEquals"]["aws:SourceAccount"]
            assert account == "123456789012"
        assert services[indexing][1]["ArnLike"]["aws:SourceArn"].endswith(
            ":bucket/my-s3-vectors-bucket*"
        )


def test_eventbridge_uses_the_key_as_aws_documents_it_and_the_queues_bind_it_to_the_rule():
    template = deployed(KmsKey="create", ExistingDocumentsBucket="archive")
    statements = template.properties("EncryptionKey")["KeyPolicy"]["Statement"]
    [of_events] = [s for s in statements if s["Principal"].get("Service") == "events.amazonaws.com"]

    assert of_events == {
        "Sid": "EventsAreSent",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": "*",
    }
    for policy in ("IndexingQueuePolicy", "DeadLettersPolicy"):
        sent = template.properties(policy)["PolicyDocument"]["Statement"]
        [allowed] = [s for s in sent if s["Effect"] == "Allow"]
        assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": "DocumentEvents.Arn"}}


def test_what_cannot_be_made_again_outlives_the_stack():
    policies = {
        name: (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy"))
        for name, resource in CONTENT["Resources"].items()
    }

    kept = {"DocumentsBucket", "DocumentsBucketPolicy", "CatalogTable", "EncryptionKey"}
    assert {name for name, found in policies.items() if found == ("Retain", "Retain")} == kept
    stateful = {"AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::KMS::Key"}
    for name, resource in CONTENT["Resources"].items():
        if resource["Type"] in stateful | {"AWS::Logs::LogGroup"}:
            assert None not in policies[name], f"{name} does not say what becomes of it"
    assert deployed().properties("CatalogTable")["DeletionProtectionEnabled"]


UNTAGGED = {
    "AWS::CloudWatch::Dashboard",
    "AWS::SNS::TopicPolicy",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::AppConfig::HostedConfigurationVersion",
    "AWS::IAM::Policy",
    "AWS::Lambda::Permission",
    "AWS::S3::BucketPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::Serverless::LayerVersion",
}
"""Types that CloudFormation has no tags for."""


def test_every_resource_that_takes_tags_says_whose_it_is():
    template = deployed(**{key: v for parameters in WITH.values() for key, v in parameters.items()})
    shared = template.resolve(CONTENT["Globals"]["Function"]["Tags"])

    for name, kind in template.resource_types().items():
        if kind in UNTAGGED:
            continue
        tags = template.properties(name).get("Tags", {})
        if kind == "AWS::Serverless::Function":
            tags = shared
        if isinstance(tags, list):
            tags = {tag["Key"]: tag["Value"] for tag in tags}
        assert tags == {"application": "dropvec", "deployment": "search"}, name


def test_every_parameter_is_described_and_stands_in_one_group():
    groups = CONTENT["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]

    assert sorted(grouped) == sorted(CONTENT["Parameters"])
    for name, declaration in CONTENT["Parameters"].items():
        assert declaration["Description"], name
        bounds = {"AllowedPattern", "AllowedValues", "MaxValue"} & set(declaration)
        assert bounds, f"{name} takes anything"
        assert ("AllowedPattern" in declaration) == ("ConstraintDescription" in declaration), name


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"VectorStore": "s3://bucket"}, "VectorStore is 's3://bucket': s3vectors://"),
        ({"VectorStore": "s3vectors://bucket/" + 58 * "a"}, "at most 57 characters"),
        ({"ExistingDocumentsBucket": "s3://archive"}, "the name of a bucket"),
        ({"KmsKey": "alias/mine"}, "not of an alias"),
        ({"ChunkSize": "10"}, "expected 200 to 8000"),
        ({"Tracing": "on"}, "expected one of Active, PassThrough"),
        ({"SyncSchedule": "daily"}, "SyncSchedule is 'daily': off, or a schedule"),
        ({"JwtIssuer": TOKENS["JwtIssuer"]}, "JwtIssuer needs JwtAudience"),
        (
            {"SnapStart": "on", "ProvisionedConcurrency": "1"},
            "SnapStart and ProvisionedConcurrency exclude each other",
        ),
    ],
)
def test_parameters_that_make_no_deployment_are_refused_with_the_reason(parameters, reason):
    (refusal,) = deployed(**parameters).refusals()

    assert reason in refusal


@pytest.mark.parametrize("parameters", [*WITH.values(), *WITHOUT.values()], ids=str)
def test_parameters_that_make_one_are_not(parameters):
    assert deployed(**parameters).refusals() == []


def test_every_environment_of_samconfig_is_a_deployment_of_its_own():
    configured = tomllib.loads((ROOT / "samconfig.toml").read_text())
    stacks = {}

    for environment in ("dev", "staging", "prod"):
        settings = configured[environment]["deploy"]["parameters"]
        chosen = dict(pair.split("=", 1) for pair in settings["parameter_overrides"])
        assert set(chosen) <= set(CONTENT["Parameters"])
        template = deployed(**chosen)
        assert template.refusals() == []
        assert settings["tags"] == f"environment={environment}"
        assert re.fullmatch("[a-z0-9][a-z0-9-]{0,23}", settings["stack_name"])
        stacks[settings["stack_name"]] = chosen["VectorStore"]
    assert len(stacks) == len(set(stacks.values())) == 3

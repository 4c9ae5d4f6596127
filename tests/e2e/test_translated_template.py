"""What SAM makes of the template: which versions are published, and what its own roles may do."""

import json
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from local.template import TEMPLATE_PATH, template_content

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
VECTOR_STORE = "VectorStore=s3vectors://my-s3-vectors-bucket"


@cache
def translated(*changes, parameters=()):
    """The resources, with texts of the template changed."""
    content = TEMPLATE_PATH.read_text()
    for before, after in changes:
        assert content.count(before) == 1
        content = content.replace(before, after)
    path = ROOT / ".aws-sam/translated.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    python, program = ROOT / ".venv-sam/bin/python", Path(__file__).with_name("translated.py")
    made = subprocess.run(
        [python, program, path, VECTOR_STORE, *parameters],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(made.stdout)


def versions(resources):
    """The logical id of each function's version: another one, and there is another version."""
    return {
        resource["Properties"]["FunctionName"]["Ref"]: name
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::Version"
    }


FUNCTIONS = {"IndexingFunction", "QueryingFunction", "SyncingFunction"}


@pytest.mark.parametrize(
    ("change", "published"),
    [
        (("ContentUri: layers/shared", "ContentUri: s3://packed/changed"), FUNCTIONS),
        (("ContentUri: layers/dependencies", "ContentUri: s3://packed/changed"), FUNCTIONS),
        (("CodeUri: functions/querying", "CodeUri: s3://packed/changed"), {"QueryingFunction"}),
        (("MemorySize: 1769", "MemorySize: 1770"), {"IndexingFunction"}),
    ],
    ids=["shared layer", "dependencies", "code", "memory"],
)
def test_a_version_is_published_of_each_function_that_a_change_is_in(change, published):
    before, after = versions(translated()), versions(translated(change))

    assert set(before) == FUNCTIONS
    assert {name for name in FUNCTIONS if before[name] != after[name]} == published


def test_of_a_parameters_value_sam_sees_nothing_but_the_number_of_the_configuration():
    """CloudFormation replaces a version, so publishes another, when its description is another."""
    made, other = translated(), translated(parameters=("ChunkSize=500",))

    assert versions(made) == versions(other)
    for name in versions(made).values():
        description = made[name]["Properties"]["Description"]
        assert description == {"Fn::Sub": "configuration ${FunctionConfiguration.VersionNumber}"}


def test_aliases_move_by_codedeploy_in_the_chosen_way():
    made = translated(parameters=("DeploymentType=Canary10Percent5Minutes",))
    groups = [r["Properties"] for r in made.values() if r["Type"].endswith("::DeploymentGroup")]

    assert len(groups) == 2
    for group in groups:
        assert group["DeploymentConfigName"]["Fn::Sub"][1] == {
            "ConfigName": "Canary10Percent5Minutes"
        }
        assert group["AutoRollbackConfiguration"]["Enabled"]
        assert group["AlarmConfiguration"]["Enabled"]
        assert group["ServiceRoleArn"] == {"Fn::GetAtt": ["DeploymentRole", "Arn"]}


def test_the_command_for_a_fix_while_an_alarm_is_raised_goes_without_codedeploy():
    document = (ROOT / "docs/deployment.md").read_text()
    (overrides,) = re.findall(
        r"^\S*sam deploy .*--parameter-overrides (.+)$", document, re.MULTILINE
    )
    made = translated(parameters=tuple(overrides.split()))

    assert [name for name, r in made.items() if r["Type"].startswith("AWS::CodeDeploy::")] == []
    aliases = [resource for resource in made.values() if resource["Type"] == "AWS::Lambda::Alias"]
    assert len(aliases) == len(FUNCTIONS)
    assert all("UpdatePolicy" not in alias for alias in aliases)


def test_a_parameter_that_a_deployment_does_not_name_keeps_its_value():
    given = {"DeploymentType": "AllAtOnce"}
    script = (
        "import json, sys; from samcli.commands.deploy.deploy_context import DeployContext; "
        "print(json.dumps(DeployContext.merge_parameters(*json.loads(sys.argv[1]))))"
    )
    declared = {"Parameters": dict(template_content()["Parameters"])}
    merged = subprocess.run(
        [ROOT / ".venv-sam/bin/python", "-c", script, json.dumps([declared, given])],
        capture_output=True,
        text=True,
        check=True,
    )

    kept = {p["ParameterKey"]: p.get("UsePreviousValue") for p in json.loads(merged.stdout)}
    assert kept.pop("DeploymentType") is None
    assert all(kept.values())
    assert set(kept) == set(declared["Parameters"]) - set(given)


def test_no_role_that_sam_makes_has_a_policy_of_aws_or_one_for_every_resource():
    made = translated(parameters=("BulkSync=on",))
    roles = {
        name: resource["Properties"]
        for name, resource in made.items()
        if resource["Type"] == "AWS::IAM::Role" and name not in template_content()["Resources"]
    }

    assert set(roles) == {"SyncingStepsRole", "BulkSyncStepsRole", "SyncingStepsScheduleRole"}
    for name, role in roles.items():
        assert not role.get("ManagedPolicyArns"), name
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                assert statement.get("Resource") != "*", name


def test_every_function_is_called_at_its_alias():
    made = translated()

    mapping = made["IndexingFunctionDocuments"]["Properties"]
    steps = made["SyncingSteps"]["Properties"]["DefinitionSubstitutions"]
    assert mapping["FunctionName"] == {"Ref": "IndexingFunctionAliaslive"}
    assert list(steps.values()) == [{"Ref": "SyncingFunctionAliaslive"}]
    assert made["ApiPermission"]["Properties"]["FunctionName"] == {
        "Ref": "QueryingFunctionAliaslive"
    }

"""How a new version of a function comes to answer, and how it goes back."""

import re

import pytest

from local.roles import role_arn, roles
from tests.template.test_conditions import CONTENT, deployed


def references(value):
    """The parameters that a part of the template refers to, also by its conditions."""
    match value:
        case {"Ref": str(name)}:
            return {name} & set(CONTENT["Parameters"])
        case {"Fn::If": [str(condition), *rest]}:
            return references(CONTENT["Conditions"][condition]) | references(rest)
        case {"Fn::Sub": str(text)}:
            return set(re.findall(r"\$\{(\w+)\}", text)) & set(CONTENT["Parameters"])
        case {"Fn::Sub": [text, variables]}:
            return references({"Fn::Sub": text}) | references(variables)
        case dict() | list():
            parts = value.values() if isinstance(value, dict) else value
            return set().union(*map(references, parts))
    return set()


BESIDE_THE_FUNCTION = {"DeploymentPreference", "Events", "ProvisionedConcurrencyConfig"}
"""Properties that are no part of a function's version."""


def test_a_value_that_a_function_is_deployed_with_makes_a_new_version():
    functions = [
        resource["Properties"]
        for resource in CONTENT["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    ]
    configured = references(CONTENT["Globals"]["Function"])
    for properties in functions:
        parts = {k: v for k, v in properties.items() if k not in BESIDE_THE_FUNCTION}
        configured |= references(parts)
    numbered = CONTENT["Resources"]["FunctionConfiguration"]["Properties"]["Content"]["Fn::Sub"]

    names = dict(line.split("=", 1) for line in numbered.strip().splitlines())
    assert all(value == f"${{{name}}}" for name, value in names.items())
    assert set(names) - set(CONTENT["Resources"]) == configured
    for properties in functions:
        for name in ("Description", "VersionDescription"):
            assert "${FunctionConfiguration.VersionNumber}" in properties[name]["Fn::Sub"]
        assert properties["AutoPublishAliasAllProperties"]


def test_a_layer_that_changes_alone_makes_new_versions_of_the_functions():
    layers = deployed().logical_ids("AWS::Serverless::LayerVersion")

    for layer in layers:
        assert deployed().properties(layer)["PublishLambdaVersion"]
    assert len(layers) == len(CONTENT["Globals"]["Function"]["Layers"])


def test_whoever_calls_a_function_calls_the_version_that_is_live():
    assert CONTENT["Globals"]["Function"]["AutoPublishAlias"] == "live"

    template = deployed()
    integration = template.properties("ApiIntegration")["IntegrationUri"]
    assert "QueryingFunction.Arn:live/invocations" in integration
    assert template.properties("ApiPermission")["FunctionName"] == "QueryingFunction.Alias."
    compare = template.properties("SyncingSteps")["Definition"]["States"]["Compare"]
    assert compare["Resource"] == "SyncingFunction.Alias."


@pytest.mark.parametrize(
    ("function", "alarms"),
    [
        ("IndexingFunction", ["IndexingRollback"]),
        ("QueryingFunction", ["QueryingRollback", "ApiRollback"]),
    ],
)
def test_a_new_version_goes_back_when_the_alias_fails(function, alarms):
    template = deployed(DeploymentType="Canary10Percent5Minutes")
    preference = template.properties(function)["DeploymentPreference"]
    metrics = {
        part["MetricStat"]["Metric"]["MetricName"]: {
            dimension["Name"]: dimension["Value"]
            for dimension in part["MetricStat"]["Metric"]["Dimensions"]
        }
        for alarm in alarms
        for part in template.properties(alarm)["Metrics"]
        if "MetricStat" in part
    }

    assert preference["Type"] == "Canary10Percent5Minutes"
    assert preference["Alarms"] == [f"{alarm}." for alarm in alarms]
    alias = {"FunctionName": f"{function}.", "Resource": f"{function}.:live"}
    assert metrics["Errors"] == metrics["Invocations"] == alias
    watched = roles(template)[role_arn("search", "DeploymentRole")].statements[1]["Resource"]
    assert {f"{alarm}.Arn" for alarm in alarms} <= set(watched)


def raised(alarm, errors, of):
    """Whether an alarm is, with so many failures among so many requests in a minute."""
    properties = deployed().properties(alarm)
    (expression,) = [q["Expression"] for q in properties["Metrics"] if "Expression" in q]
    metrics = {"errors": errors, "invocations": of, "requests": of}
    value = eval(expression, {"IF": lambda test, yes, no: yes if test else no}, metrics)  # noqa: S307 - our template's
    assert properties["ComparisonOperator"] == "GreaterThanThreshold"
    return value > properties["Threshold"]


@pytest.mark.parametrize("alarm", ["IndexingRollback", "QueryingRollback", "ApiRollback"])
@pytest.mark.parametrize(
    ("errors", "of", "goes_back"),
    [(1, 1, False), (2, 2, False), (3, 3, True), (3, 60, False), (4, 60, True), (0, 60, False)],
)
def test_a_version_goes_back_for_three_failures_that_are_a_twentieth(alarm, errors, of, goes_back):
    assert raised(alarm, errors, of) is goes_back


@pytest.mark.parametrize("kind", CONTENT["Parameters"]["DeploymentType"]["AllowedValues"])
def test_all_at_once_alone_goes_without_codedeploy_and_so_past_an_alarm_that_is_raised(kind):
    template = deployed(DeploymentType=kind)

    for function in ("IndexingFunction", "QueryingFunction"):
        preference = template.properties(function)["DeploymentPreference"]
        assert preference["Enabled"] == ("false" if kind == "AllAtOnce" else "true")


def test_environments_of_the_query_function_are_restored_or_kept_ready_where_that_is_asked_for():
    plain = deployed().properties("QueryingFunction")
    restored = deployed(SnapStart="on").properties("QueryingFunction")
    ready = deployed(ProvisionedConcurrency="2").properties("QueryingFunction")

    assert plain["SnapStart"] == {"ApplyOn": "None"}
    assert "ProvisionedConcurrencyConfig" not in plain
    assert restored["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert ready["ProvisionedConcurrencyConfig"] == {"ProvisionedConcurrentExecutions": "2"}

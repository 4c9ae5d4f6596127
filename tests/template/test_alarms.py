"""Every alarm and every line of the dashboard is about a metric that somebody emits, and is explained."""

import json
import re
from pathlib import Path
from statistics import fmean

import pytest

from indexing.batch_log import OUTCOME_METRICS, SECONDS_WAITED
from metering.report import ESTIMATED_COST, METRICS, NAMESPACE, metric_name
from syncing.reporting import OF_ALL, OF_AN_INDEX
from tests.template.test_conditions import ALARMS, CONTENT, deployed

ROOT = Path(__file__).parents[2]
TOPIC = "arn:aws:sns:us-east-1:123456789012:pager"
STACK = deployed(**ALARMS, ExistingDocumentsBucket="archive")
ALARM_IDS = STACK.logical_ids("AWS::CloudWatch::Alarm")
FOR_DEPLOYMENTS = {"IndexingRollback", "QueryingRollback", "ApiRollback"}

USED = {metric_name(count) for count in METRICS} | {ESTIMATED_COST}
OF_SERVICE = {
    "indexing": {*OUTCOME_METRICS, SECONDS_WAITED, *USED},
    "querying": USED,
    "syncing": {*OF_AN_INDEX, *OF_ALL},
}
"""Our own, by the dimension `service`."""

OF_AWS = {
    ("AWS/SQS", "QueueName"): {
        "ApproximateAgeOfOldestMessage",
        "ApproximateNumberOfMessagesVisible",
    },
    ("AWS/Lambda", "FunctionName"): {
        "ConcurrentExecutions",
        "Duration",
        "Errors",
        "Invocations",
        "Throttles",
    },
    ("AWS/Lambda", "FunctionName", "Resource"): {"Duration", "Errors", "Invocations", "Throttles"},
    ("AWS/Events", "RuleName"): {"FailedInvocations", "InvocationsFailedToBeSentToDlq"},
    ("AWS/ApiGateway", "ApiId"): {"4xx", "5xx", "Count", "IntegrationLatency", "Latency"},
    ("AWS/States", "StateMachineArn"): {"ExecutionsFailed", "ExecutionsTimedOut"},
}
"""By namespace and dimensions, as AWS documents them: those of HTTP APIs are `5xx` and not `5XXError`."""

RESOURCES = {
    "QueueName": {"IndexingQueue.QueueName", "IndexingDeadLetters.QueueName"},
    "FunctionName": {"IndexingFunction.", "QueryingFunction."},
    "Resource": {"IndexingFunction.:live", "QueryingFunction.:live"},
    "ApiId": {"Api."},
    "RuleName": {"DocumentEvents."},
    "StateMachineArn": {"SyncingSteps."},
}
"""What a dimension names: a resource of this template."""


def metrics_of(alarm):
    """(namespace, name, dimensions) of each metric of an alarm."""
    properties = STACK.properties(alarm)
    parts = [
        query["MetricStat"]["Metric"]
        for query in properties.get("Metrics", [])
        if "MetricStat" in query
    ]
    for metric in parts or [properties]:
        dimensions = {d["Name"]: d["Value"] for d in metric["Dimensions"]}
        yield metric["Namespace"], metric["MetricName"], dimensions


def shown():
    """The same of each line of the dashboard's graphs."""
    for widget in dashboard():
        for line in widget["properties"].get("metrics", []):
            namespace, name, *rest = [part for part in line if isinstance(part, str)]
            yield namespace, name, dict(zip(rest[::2], rest[1::2], strict=True))


def dashboard():
    return json.loads(STACK.properties("Dashboard")["DashboardBody"])["widgets"]


def is_emitted(namespace, name, dimensions):
    if namespace == NAMESPACE:
        assert dimensions.keys() == {"stack", "service"}
        return dimensions["stack"] == "search" and name in OF_SERVICE[dimensions["service"]]
    assert all(value in RESOURCES[key] for key, value in dimensions.items()), dimensions
    return name in OF_AWS[namespace, *dimensions]


@pytest.mark.parametrize("alarm", ALARM_IDS)
def test_an_alarms_metrics_are_emitted_with_its_dimensions(alarm):
    for metric in metrics_of(alarm):
        assert is_emitted(*metric), metric


def test_the_dashboard_shows_metrics_that_are_emitted():
    lines = list(shown())

    assert len(lines) > 20
    assert all(is_emitted(*line) for line in lines)


def test_the_dashboard_shows_every_alarm_that_is_always_there():
    [widget] = [widget for widget in dashboard() if widget["type"] == "alarm"]
    with_alarms = deployed(**ALARMS, SyncSchedule="off").logical_ids("AWS::CloudWatch::Alarm")

    alarms = {arn.removesuffix(".Arn") for arn in widget["properties"]["alarms"]}
    assert alarms == set(with_alarms) - FOR_DEPLOYMENTS


def test_the_dashboards_tables_read_fields_that_are_logged():
    [widget] = [widget for widget in dashboard() if widget["type"] == "log"]

    metrics = set(re.findall(r"(\w+)\.0", widget["properties"]["query"]))
    assert metrics <= OF_SERVICE["indexing"] | OF_SERVICE["querying"]


@pytest.mark.parametrize("alarm", [alarm for alarm in ALARM_IDS if alarm not in FOR_DEPLOYMENTS])
def test_an_alarm_is_heard_when_it_begins_and_when_it_is_over(alarm):
    given = deployed(AlarmAddress=TOPIC, ExistingDocumentsBucket="archive")

    properties = STACK.properties(alarm)
    assert properties["AlarmActions"] == properties["OKActions"] == ["AlarmTopic."]
    assert given.properties(alarm)["AlarmActions"] == [TOPIC]
    assert properties["TreatMissingData"] == "notBreaching"
    assert properties["AlarmDescription"]


def test_a_given_topic_is_used_and_none_is_made():
    assert deployed(AlarmAddress=TOPIC).logical_ids("AWS::SNS::Topic") == []
    assert STACK.properties("AlarmTopic")["Subscription"] == [
        {"Protocol": "email", "Endpoint": ALARMS["AlarmAddress"]}
    ]


def test_nobody_to_hear_them_is_no_alarms_and_no_dashboard():
    silent = deployed()

    assert set(silent.logical_ids("AWS::CloudWatch::Alarm")) == FOR_DEPLOYMENTS
    assert silent.logical_ids("AWS::CloudWatch::Dashboard") == []


@pytest.mark.parametrize(
    ("alarm", "function"),
    [("IndexingNearTimeout", "IndexingFunction"), ("QueryingNearTimeout", "QueryingFunction")],
)
def test_an_alarm_about_a_time_out_comes_before_it(alarm, function):
    milliseconds = 1000 * STACK.properties(function)["Timeout"]

    assert 0.8 * milliseconds < STACK.properties(alarm)["Threshold"] < milliseconds


@pytest.mark.parametrize(
    ("alarm", "quota"), [("LargestIndexNearQuota", 2_000_000_000), ("IndexesNearQuota", 10_000)]
)
def test_an_alarm_about_a_quota_comes_at_four_fifths_of_it(alarm, quota):
    assert STACK.properties(alarm)["Threshold"] == 0.8 * quota


def test_a_day_is_as_dear_as_what_was_used_asked_at_the_mean_price_and_kept_once():
    """Also where two comparisons of the day measured two indexes each."""
    written = {
        ("EstimatedCost", "indexing"): [1.0, 2.0],
        ("EstimatedCost", "querying"): [0.5],
        ("QueryRequests", "querying"): [10, 30],
        ("ProcessingCost", "syncing"): [0.01, 0.03, 0.01, 0.03],
        ("StorageCost", "syncing"): [4.0, 4.0],
    }
    statistics = {"Sum": sum, "Average": fmean, "Maximum": max}
    (dollars, *parts) = STACK.properties("DayIsDear")["Metrics"]
    values = {}
    for part in parts:
        metric = part["MetricStat"]["Metric"]
        service = {d["Name"]: d["Value"] for d in metric["Dimensions"]}["service"]
        statistic = statistics[part["MetricStat"]["Stat"]]
        values[part["Id"]] = statistic(written[metric["MetricName"], service])

    filled = {"FILL": lambda value, _: value}
    day = eval(dollars["Expression"], filled, values)  # noqa: S307 - our template's
    assert day == pytest.approx(3.0 + 0.5 + 40 * 0.02 + 4.0)


def test_a_message_grows_old_only_when_all_its_attempts_are_through():
    # Twelve attempts with full jitter: 450 s between two on average, at most 900.
    assert STACK.properties("MessagesGrowOld")["Threshold"] >= 12 * 450


def paragraphs():
    document = (ROOT / "docs/operations.md").read_text()
    alarms = document.split("\n## Alarms\n")[1].split("\n## ")[0]
    titles_and_texts = re.split(r"^### (.+)$", alarms, flags=re.MULTILINE)[1:]
    return dict(zip(titles_and_texts[::2], titles_and_texts[1::2], strict=True))


def test_every_alarm_has_a_paragraph_of_its_name_and_no_paragraph_is_of_another():
    declared = {
        name
        for name, resource in CONTENT["Resources"].items()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    }

    assert set(paragraphs()) == declared == set(ALARM_IDS)


@pytest.mark.parametrize("alarm", ALARM_IDS)
def test_a_paragraph_says_what_an_alarm_means_what_to_look_at_and_what_to_do(alarm):
    text = paragraphs()[alarm]

    assert re.findall(r"^\*\*(.+?)\*\*:", text, flags=re.MULTILINE) == ["Means", "Look at", "Do"]


def test_a_paragraph_leads_to_procedures_that_there_are():
    document = (ROOT / "docs/operations.md").read_text()
    titles = re.findall(r"^#+ (.+)$", document, flags=re.MULTILINE)

    links = set(re.findall(r"\]\(#([^)]+)\)", document))
    assert links
    assert links <= {title.lower().replace(" ", "-") for title in titles}


def test_what_alarms_and_metrics_cost_is_what_the_document_about_cost_says():
    """$0.10 a month for each metric of an alarm, $0.30 for each of one's own (CloudWatch pricing)."""
    document = " ".join((ROOT / "docs/cost.md").read_text().split())
    always, all_of_them = (
        sum(0.10 for alarm in alarms for _ in metrics_of(alarm))
        for alarms in (FOR_DEPLOYMENTS, ALARM_IDS)
    )
    metrics = len(OF_SERVICE["indexing"] - {"QueryRequests"})
    metrics += len({"QueryRequests", "EmbeddingTokens", ESTIMATED_COST})
    metrics += len(OF_SERVICE["syncing"])

    assert f"${always:.2f} a month for the alarms by which deployments go back" in document
    assert f"${all_of_them:.0f} where somebody hears all alarms" in document
    assert f"the {metrics} metrics of the three functions are ${0.30 * metrics:.2f}" in document


LOGGED = {
    *("message", "level", "exception", "outcome", "reason", "error", "key", "put", "tenant"),
    *("IndexVectors", "cold_start", "milliseconds", "mode", "status", "path", "caller", "subject"),
}
"""What tests/functional finds in the logs, and what the template has API Gateway log."""
LANGUAGE = {
    *(
        "filter",
        "stats",
        "sort",
        "limit",
        "by",
        "as",
        "and",
        "or",
        "like",
        "in",
        "ispresent",
        "bin",
    ),
    *("count", "latest", "sum", "pct", "coalesce", "desc", "timestamp", "m"),
}


@pytest.mark.parametrize("alarm", ALARM_IDS)
def test_the_queries_of_a_paragraph_read_fields_that_are_logged(alarm):
    metrics = OF_SERVICE["indexing"] | OF_SERVICE["querying"]
    for query in re.findall(r"```\n(.*?)```", paragraphs()[alarm], flags=re.DOTALL):
        bare = re.sub(r'"[^"]*"|/[^/]*/', "", query)
        names = set(re.findall(r"@?[A-Za-z_]\w*", re.sub(r"(\w+)\.0", "", bare)))
        defined = set(re.findall(r" as (\w+)", bare))

        assert names - LOGGED - LANGUAGE - defined - {"@timestamp", "@message"} == set()
        assert set(re.findall(r"(\w+)\.0", bare)) <= metrics

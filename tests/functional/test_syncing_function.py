"""The scheduled comparison: steps of one run, as the state machine makes them."""

import json
from datetime import timedelta

import pytest

from local.lambda_runtime import LocalContext
from syncing import handler as syncing_handler
from syncing.errors import DocumentsWaitError, ListingUnavailableError
from tests.functional.test_permissions import take
from tests.functional.test_sync import KEYS, ONE, fill, lose_events, texts
from tests.template.test_template import template
from vector_store import TenantId

FUNCTION = "SyncingFunction"


def step(event, *, seconds=900):
    return syncing_handler.lambda_handler(event, LocalContext("syncing", seconds))


def run(event, *, waits=lambda _: None, **settings):
    """Follow the state machine of the template to its end; returns the events of all steps.

    `waits` is told of the seconds before a step is made again. Raises what fails the execution.
    """
    machine = template().properties("SyncingSteps")["Definition"]
    state, events = machine["StartAt"], []
    while True:
        match machine["States"][state]:
            case {"Type": "Task", "Retry": retriers, "Next": following}:
                event = made_again(retriers, waits, lambda event=event: step(event, **settings))
                events.append(event)
                state = following
            case {"Type": "Choice", "Choices": [{"Variable": variable, "IsNull": True} as choice]}:
                is_null = event[variable.removeprefix("$.")] is None
                state = choice["Next"] if is_null else machine["States"][state]["Default"]
            case {"Type": "Succeed"}:
                return events


def made_again(retriers, waits, attempt):
    """What comes of an attempt that is repeated as the first retrier says that names its error."""
    left = [retrier["MaxAttempts"] for retrier in retriers]
    while True:
        try:
            return attempt()
        except Exception as error:
            names = {type(error).__name__, "States.ALL"}
            number = next(n for n, each in enumerate(retriers) if names & {*each["ErrorEquals"]})
            if not left[number]:
                raise
            retrier = retriers[number]
            waited = retrier["MaxAttempts"] - left[number]
            left[number] -= 1
            waits(retrier["IntervalSeconds"] * retrier["BackoffRate"] ** waited)


@pytest.fixture
def filled(deployment):
    fill(deployment, *KEYS)
    lose_events(deployment)
    return deployment


def test_a_run_makes_up_for_lost_events(filled):
    assert run({}) == [{"after": None}]

    filled.index_all()
    assert texts(filled) == {key: [ONE] for key in KEYS}
    assert run({}) == [{"after": None}]
    assert filled.waiting() == 0


def test_a_run_that_outlasts_an_invocation_goes_on_in_the_next(filled):
    events = run({}, seconds=syncing_handler.MIN_SECONDS_LEFT)

    assert [event["after"] for event in events] == [*KEYS, None]
    assert filled.waiting() == len(KEYS)


def test_a_run_is_about_what_its_event_names(filled):
    event = {"tenant": "a", "prefix": "tenants/a/g"}

    assert run(event, seconds=syncing_handler.MIN_SECONDS_LEFT) == [
        {**event, "after": "tenants/a/guide.txt"},
        {**event, "after": None},
    ]
    assert filled.waiting() == 1


@pytest.fixture
def busy(filled, monkeypatch):
    """More messages wait than a run begins with."""
    run({})
    monkeypatch.setattr(syncing_handler, "MAX_WAITING_MESSAGES", len(KEYS) - 1)
    return filled


def test_a_run_begins_once_fewer_documents_wait(busy):
    waited = []

    def index_the_second_time(seconds):
        waited.append(seconds)
        if len(waited) == 2:
            busy.index_all()

    assert run({}, waits=index_the_second_time) == [{"after": None}]

    assert waited == [900, 900]
    assert busy.waiting() == 0


def test_a_run_that_cannot_begin_for_hours_fails_and_says_for_what(busy):
    waited = []

    with pytest.raises(DocumentsWaitError, match=f"{len(KEYS)} messages wait"):
        run({}, waits=waited.append)

    assert timedelta(hours=4) < timedelta(seconds=sum(waited)) < timedelta(hours=6)
    assert busy.waiting() == len(KEYS)


def test_a_run_that_has_begun_goes_on_while_documents_wait(busy):
    assert step({"after": KEYS[-2]}) == {"after": None}

    assert busy.waiting() == len(KEYS) + 1


def test_a_step_without_a_permission_fails_and_is_made_again(filled):
    take(filled, FUNCTION, "ListDocuments")

    with pytest.raises(ListingUnavailableError, match="AccessDenied"):
        step({})

    filled.deploy()
    assert step({}) == {"after": None}


def test_a_run_reports_what_there_is_however_many_steps_it_takes(filled, capsys):
    run({})
    filled.index_all()
    filled.put("tenants/a/broken.pdf", "no PDF")
    filled.index_all()

    for seconds in (900, syncing_handler.MIN_SECONDS_LEFT):
        capsys.readouterr()
        run({}, seconds=seconds)
        reports = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        [report] = [line for line in reports if "Vectors" in line]
        by_tenant = {line["tenant"]: line for line in reports if "IndexVectors" in line}
        sizes = [len(filled.stored(tenant)) for tenant in (None, "a", "a.b")]
        assert report["Documents"] == [len(KEYS) + 1]
        assert report["FailedDocuments"] == [1]
        assert report["Vectors"] == [sum(sizes)]
        assert report["LargestIndexVectors"] == [max(sizes)]
        assert report["Indexes"] == [sum(size > 0 for size in sizes)]
        assert {tenant: line["IndexVectors"] for tenant, line in by_tenant.items()} == {
            str(TenantId(tenant)): len(filled.stored(tenant)) for tenant in (None, "a", "a.b")
        }
        kept = sum(line["IndexStorageCost"] for line in by_tenant.values())
        assert report["StorageCost"] == [pytest.approx(kept)]
        assert kept > 0


def test_a_run_about_some_documents_reports_nothing(filled, capsys):
    run({"tenant": "a"})

    assert "CloudWatchMetrics" not in capsys.readouterr().out
    assert filled.waiting() > 0

"""The scheduled comparison: steps of one run, as the state machine makes them."""

import json

import pytest

from local.lambda_runtime import LocalContext
from syncing import handler as syncing_handler
from syncing.errors import ListingUnavailableError
from tests.functional.test_permissions import take
from tests.functional.test_sync import KEYS, ONE, fill, lose_events, texts
from tests.template.test_template import template
from vector_store import TenantId

FUNCTION = "SyncingFunction"


def step(event, *, seconds=900):
    return syncing_handler.lambda_handler(event, LocalContext("syncing", seconds))


def run(event, **settings):
    """Follow the state machine of the template to its end; returns the events of all steps."""
    machine = template().properties("SyncingSteps")["Definition"]
    state, events = machine["StartAt"], []
    while True:
        match machine["States"][state]:
            case {"Type": "Task", "Next": following}:
                event = step(event, **settings)
                events.append(event)
                state = following
            case {"Type": "Choice", "Choices": [{"Variable": variable, "IsNull": True} as choice]}:
                is_null = event[variable.removeprefix("$.")] is None
                state = choice["Next"] if is_null else machine["States"][state]["Default"]
            case {"Type": "Succeed"}:
                return events


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


def test_no_run_begins_while_documents_wait_and_a_begun_one_goes_on(filled, monkeypatch):
    monkeypatch.setattr(syncing_handler, "MAX_WAITING_MESSAGES", 3)
    run({})

    assert run({}) == [{"after": None}]
    assert filled.waiting() == 4
    assert step({"after": KEYS[-2]}) == {"after": None}
    assert filled.waiting() == 5


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

"""A stack whose process ended, and that goes on with the data that it kept."""

import pytest

from catalog import DocumentState
from local.recovery import recover
from tests.functional.interleaving import WorkerDied, die, look, meanwhile
from tests.functional.test_sync import KEYS, ONE, TWO, fill, lose_events, texts
from vector_store import WritableVectorIndex


def test_what_was_pending_or_held_when_the_process_ended_is_done_by_the_next(
    deployment, monkeypatch
):
    held, waiting, removed, _ = KEYS
    fill(deployment, *KEYS)
    deployment.index_all()
    fill(deployment, held, waiting, text=TWO)
    deployment.remove(removed)
    meanwhile(monkeypatch, WritableVectorIndex, "put", die)
    with pytest.raises(WorkerDied):
        look(deployment, held)
    lose_events(deployment)

    recover(deployment.stack)
    deployment.index_all()

    assert texts(deployment) == {held: [TWO], waiting: [TWO], removed: [], KEYS[-1]: [ONE]}
    assert deployment.entry(held).state is DocumentState.INDEXED


def test_the_first_document_of_a_tenant_is_not_forgotten_with_its_worker(deployment, monkeypatch):
    fill(deployment, "tenants/a/guide.txt")
    meanwhile(monkeypatch, WritableVectorIndex, "put", die)
    with pytest.raises(WorkerDied):
        look(deployment, "tenants/a/guide.txt")
    lose_events(deployment)

    recover(deployment.stack)
    deployment.index_all()

    assert deployment.texts("tenants/a/guide.txt", "a") == [ONE]

import pytest

from catalog import (
    NO_KEYS,
    CatalogConflictError,
    DocumentEntry,
    DocumentState,
    DocumentWantedError,
    LeaseTooShortError,
)
from catalog.claim import DOUBT_SECONDS

INDEX = "vectors/app1.chunk-acme"
ENTRY = DocumentEntry(INDEX, "a.txt")


TRUE_ONCE = ("attribute_not_exists(pk)", "lease_until > :now")
"""What a first claim depends on, and an event that raises `wanted`."""


def keys(*numbers):
    return {f"{number:032x}": f"{number:016x}" for number in numbers}


def claim(catalog, seconds=960, entry=None, holder="message-1", **version):
    entry = entry or catalog.get(INDEX, "a.txt") or ENTRY
    lease_until = catalog._clock().timestamp() + seconds
    return catalog.claim(entry, holder=holder, lease_until=lease_until, **version)


def test_a_claim_holds_a_document_and_names_its_message(catalog, clock):
    claim(catalog)

    entry = catalog.get(INDEX, "a.txt")
    assert entry.state is DocumentState.INDEXING
    assert entry.lease_until == int(clock.seconds) + 960
    assert entry.holder.startswith("message-1/")


def test_of_two_claims_of_one_entry_one_wins(catalog):
    claim(catalog, entry=ENTRY)

    with pytest.raises(CatalogConflictError):
        claim(catalog, entry=ENTRY, holder="message-2")


def test_a_claim_settles_with_the_lists_that_are_in_force_and_no_others(catalog, client):
    first = claim(catalog)
    first.settle(indexed=first.store_keys(keys(1)), state=DocumentState.INDEXED)

    second = claim(catalog)
    second.write(intended=second.store_keys(keys(1, 2)))
    second.settle(
        state=DocumentState.INDEXED,
        indexed=second.store_keys(keys(2)),
        intended=NO_KEYS,
    )

    entry = catalog.get(INDEX, "a.txt")
    assert catalog.vector_keys(entry, entry.indexed) == keys(2)
    assert entry.intended == NO_KEYS
    assert len(client.scan(TableName="catalog")["Items"]) == 2


def test_nothing_is_left_of_a_removed_document(catalog, client):
    held = claim(catalog)
    held.write(intended=held.store_keys(keys(1)))
    held.store_keys(keys(2))

    held.remove()

    assert client.scan(TableName="catalog")["Items"] == []


def test_a_released_document_keeps_the_reason_and_what_was_intended(catalog):
    held = claim(catalog)
    held.write(intended=held.store_keys(keys(1)))

    held.release("the model is busy", doubtful=False)

    entry = catalog.get(INDEX, "a.txt")
    assert (entry.state, entry.lease_until, entry.check_after) == (DocumentState.INDEXING, 0, 0)
    assert entry.reason == "the model is busy"
    assert catalog.vector_keys(entry, entry.intended) == keys(1)


def test_a_release_after_a_request_of_unknown_outcome_leaves_doubt(catalog, clock):
    claim(catalog).release("timed out", doubtful=True)

    assert catalog.get(INDEX, "a.txt").check_after == int(clock.seconds) + DOUBT_SECONDS


def test_a_lapsed_claim_is_taken_over_and_leaves_doubt(catalog, clock):
    late = claim(catalog, seconds=10)
    clock.move(11)

    claim(catalog, holder="message-2").settle(state=DocumentState.INDEXED)

    assert catalog.get(INDEX, "a.txt").check_after == int(clock.seconds) + DOUBT_SECONDS
    for write in (late.settle, late.remove, lambda: late.write(etag="late")):
        with pytest.raises(CatalogConflictError):
            write()


def test_a_claim_after_an_orderly_end_leaves_no_doubt(catalog):
    claim(catalog).settle(state=DocumentState.INDEXED)

    claim(catalog)

    assert catalog.get(INDEX, "a.txt").check_after == 0


def test_attempts_are_counted_until_one_comes_to_an_end(catalog):
    claim(catalog).release("busy", doubtful=False)
    claim(catalog).release("busy", doubtful=False)
    assert catalog.get(INDEX, "a.txt").attempts == 2

    claim(catalog).settle(state=DocumentState.INDEXED)

    assert catalog.get(INDEX, "a.txt").attempts == 0


def test_lapses_are_counted_as_long_as_the_version_is_the_same(catalog, clock):
    def lapse(fingerprint, *, anew=False):
        taken = claim(catalog, seconds=10, fingerprint=fingerprint, anew=anew)
        clock.move(11)
        return taken.entry.lapses

    assert [lapse("1"), lapse("1"), lapse("1", anew=True)] == [0, 1, 2]
    assert [lapse("2"), lapse("2")] == [0, 1]


def test_lapses_outlive_an_orderly_release_unless_all_is_to_begin_anew(catalog, clock):
    claim(catalog, seconds=10, fingerprint="1")
    clock.move(11)
    claim(catalog, fingerprint="1").release("busy", doubtful=False)
    claim(catalog, fingerprint="1").release("busy", doubtful=False)

    assert catalog.get(INDEX, "a.txt").lapses == 1
    assert claim(catalog, fingerprint="1", anew=True).entry.lapses == 0


def test_lapses_are_forgotten_with_an_end(catalog, clock):
    claim(catalog, seconds=10, fingerprint="1")
    clock.move(11)

    claim(catalog, fingerprint="1").settle(state=DocumentState.INDEXED)

    assert catalog.get(INDEX, "a.txt").lapses == 0


@pytest.mark.parametrize("end", ["settle", "remove"])
def test_a_wanted_document_does_not_end_before_it_was_looked_at_again(catalog, end):
    held = claim(catalog)
    held.write(etag="1")
    assert catalog.want(catalog.get(INDEX, "a.txt"))
    held.write(etag="2")

    with pytest.raises(DocumentWantedError) as wanted:
        getattr(held, end)()

    held.look_again(wanted.value.wanted)
    getattr(held, end)()


def test_nobody_looks_again_at_a_document_that_nobody_holds(catalog, clock):
    claim(catalog).settle(state=DocumentState.INDEXED)
    assert not catalog.want(catalog.get(INDEX, "a.txt"))

    claim(catalog, seconds=10)
    clock.move(11)
    assert not catalog.want(catalog.get(INDEX, "a.txt"))


def test_a_request_longer_than_the_lease_is_not_begun(catalog, clock):
    held = claim(catalog, seconds=100)
    held.require(90)
    clock.move(20)

    with pytest.raises(LeaseTooShortError, match=r"a\.txt is held for 80 s"):
        held.require(90)


def test_every_write_of_an_entry_is_conditional(catalog, client):
    conditions = []

    def note(params, model, **_):
        written = params.get("Key") or params.get("Item") or {}
        if model.name in {"PutItem", "UpdateItem", "DeleteItem"} and written["pk"]["S"] == INDEX:
            conditions.append(params.get("ConditionExpression", ""))

    client.meta.events.register("provide-client-params.dynamodb", note)
    held = claim(catalog)
    catalog.want(held.entry)
    held.write(intended=held.store_keys(keys(1)))
    held.release("busy", doubtful=True)
    held = claim(catalog)
    held.settle(state=DocumentState.INDEXED, indexed=held.store_keys(keys(1)))
    claim(catalog).remove()

    assert len(conditions) == 9
    assert all("#revision = " in each or each in TRUE_ONCE for each in conditions)


def test_pages_that_nobody_refers_to_are_swept(catalog, client):
    held = claim(catalog)
    catalog._pages.write(INDEX, "a.txt", keys(7))
    kept = held.store_keys(keys(1))

    held.sweep()
    held.settle(state=DocumentState.INDEXED, indexed=kept)

    assert len(client.scan(TableName="catalog")["Items"]) == 2
    assert catalog.vector_keys(ENTRY, kept) == keys(1)


def test_a_list_of_which_a_page_is_missing_is_lost_and_a_check_is_due(catalog, clock, caplog):
    held = claim(catalog)
    kept, lost = held.store_keys(keys(1)), held.store_keys(keys(1, 2))
    held.write(indexed=kept, intended=lost)
    catalog._pages.delete(INDEX, "a.txt", lost)

    lists = held.read_lists()

    assert lists == {"indexed": keys(1), "intended": {}, "written": {}, "former": {}}
    entry = catalog.get(INDEX, "a.txt")
    assert (entry.indexed, entry.intended) == (kept, NO_KEYS)
    assert entry.check_after == int(clock.seconds)
    assert "a.txt of vectors/app1.chunk-acme: its intended vector keys are lost" in caplog.text


def test_a_lost_list_makes_no_check_due_before_a_dead_worker_can_do_no_more_harm(catalog, clock):
    late = claim(catalog, seconds=10)
    late.write(intended=late.store_keys(keys(1)))
    clock.move(11)
    held = claim(catalog, holder="message-2")
    due = held.entry.check_after
    catalog._pages.delete(INDEX, "a.txt", held.entry.intended)

    held.read_lists()

    assert catalog.get(INDEX, "a.txt").check_after == due == int(clock.seconds) + DOUBT_SECONDS


def test_a_list_that_the_next_holder_has_replaced_is_not_lost(catalog, clock):
    late = claim(catalog, seconds=10)
    late.write(indexed=late.store_keys(keys(1)))
    clock.move(11)
    held = claim(catalog, holder="message-2")
    held.settle(state=DocumentState.INDEXED, indexed=held.store_keys(keys(2)))

    with pytest.raises(CatalogConflictError):
        late.read_lists()

    entry = catalog.get(INDEX, "a.txt")
    assert catalog.vector_keys(entry, entry.indexed) == keys(2)


def index_once(catalog, known):
    held = claim(catalog)
    former = catalog.vector_keys(held.entry, held.entry.indexed)
    stored = held.store_keys(known | former)
    held.write(intended=stored)
    indexed = held.store_keys(known) if former else stored
    held.settle(state=DocumentState.INDEXED, indexed=indexed, intended=NO_KEYS)


def test_a_first_version_costs_one_read_three_updates_and_one_page(catalog, calls):
    index_once(catalog, keys(1))

    assert calls.count_by_kind() == {"GetItem": 1, "PutItem": 1, "UpdateItem": 3}


def test_a_list_that_no_write_refers_to_is_gone_when_the_claim_ends(catalog, client):
    held = claim(catalog)
    held.store_keys(keys(1))
    held.settle(state=DocumentState.INDEXED, indexed=held.store_keys(keys(2)))

    assert len(client.scan(TableName="catalog")["Items"]) == 2


def test_a_released_claim_leaves_no_list_that_no_write_refers_to(catalog, client):
    held = claim(catalog)
    held.store_keys(keys(1))

    held.release("the model is busy", doubtful=False)

    assert len(client.scan(TableName="catalog")["Items"]) == 1

"""What is planned, against a plain model of what a dead, late or failed worker leaves in an index."""

from hypothesis import given
from hypothesis import strategies as st

from catalog import UNKNOWN_DIGEST
from indexing.plan import Known, merged, plan

KEYS = st.sampled_from("abcdef")
VECTORS = st.dictionaries(KEYS, st.sampled_from(["1", "2", "3"]))
NOTHING = Known({}, {}, {}, {})


def test_a_new_document_is_embedded_whole():
    result = plan({"a": "1", "b": "1"}, NOTHING)

    assert (result.new, result.doubtful, result.unwanted) == ({"a", "b"}, set(), set())


def test_what_is_as_it_should_be_is_left_alone():
    result = plan({"a": "1"}, Known({"a": "1"}, {}, {}, {}))

    assert (result.changed, result.unwanted) == (set(), set())


def test_other_metadata_is_no_new_embedding():
    result = plan({"a": "2"}, Known({"a": "1"}, {}, {}, {}))

    assert (result.new, result.doubtful) == (set(), {"a"})


def test_what_an_interrupted_version_may_have_rewritten_is_looked_at():
    result = plan({"a": "1"}, Known({"a": "1"}, {"a": "2"}, {}, {}))

    assert result.doubtful == {"a"}


def test_what_was_surely_written_is_not_looked_at():
    result = plan({"a": "2"}, Known({"a": "1"}, {"a": "2"}, {"a": "2"}, {}))

    assert result.changed == set()


def test_a_check_trusts_nothing_and_deletes_again():
    known = Known({"a": "1"}, {"b": "1"}, {}, {"c": UNKNOWN_DIGEST})

    result = plan({"a": "1"}, known, check=True)

    assert (result.doubtful, result.unwanted) == ({"a"}, {"b", "c"})


def test_lists_that_disagree_on_a_key_vouch_for_nothing():
    assert merged({"a": "1", "b": "1"}, {"a": "2", "c": "1"}) == {
        "a": UNKNOWN_DIGEST,
        "b": "1",
        "c": "1",
    }


@given(indexed=VECTORS, attempts=st.lists(VECTORS, max_size=3), wanted=VECTORS, data=st.data())
def test_after_any_interrupted_attempts_the_plan_makes_any_index_right(
    indexed, attempts, wanted, data
):
    index, intended = dict(indexed), {}
    for attempt in attempts:
        intended = merged(attempt, intended)
        for key in data.draw(st.sets(st.sampled_from(sorted(attempt)))) if attempt else ():
            index[key] = attempt[key]

    result = plan(wanted, Known(indexed, intended, {}, {}))
    for key in result.changed:
        assert key in result.doubtful or key not in index
        index[key] = wanted[key]
    for key in result.unwanted:
        index.pop(key, None)

    assert index == wanted

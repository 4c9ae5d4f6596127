import json
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from catalog import DocumentEntry, DocumentState
from syncing.totals import Totals

DEFAULT = "vectors/chunk"
STATES = st.sampled_from(DocumentState)

named = st.dictionaries(
    st.sampled_from(["vectors/chunk-a", "vectors/chunk-b", "vectors/chunk-c", "no-index"]),
    st.lists(st.tuples(STATES, st.integers(0, 50)), max_size=4),
)


@given(named, st.lists(st.tuples(STATES, st.integers(0, 50)), max_size=6), st.data())
def test_the_counts_are_those_of_all_entries_wherever_a_step_ends(tenants, defaults, data):
    tenants_entries = [
        DocumentEntry(index, f"{index}/{number}", state, chunk_count=chunks)
        for index, entries in sorted(tenants.items())
        for number, (state, chunks) in enumerate(entries)
    ]
    entries = list(tenants_entries)
    for number, (state, chunks) in enumerate(defaults):
        place = data.draw(st.integers(0, len(entries)))
        entries.insert(place, DocumentEntry(DEFAULT, f"{number}", state, chunk_count=chunks))
    ends = data.draw(st.sets(st.integers(0, len(entries))))

    totals, measured = Totals(DEFAULT), {}
    for number, entry in enumerate(entries):
        if number in ends:
            handed_on = json.loads(json.dumps({"totals": totals.for_event()}))
            measured |= totals.sizes
            totals = Totals.of_event(handed_on, DEFAULT)
        totals.add(entry)
    totals.end()
    measured |= totals.sizes

    there = [entry for entry in entries if entry.state is not DocumentState.REMOVED]
    sizes = Counter()
    for entry in there:
        sizes[entry.index] += entry.chunk_count
    del sizes["no-index"]
    assert totals.documents == len(there)
    assert totals.failed == sum(entry.state is DocumentState.FAILED for entry in there)
    assert totals.vectors == sum(entry.chunk_count for entry in there)
    assert totals.indexes == sum(size > 0 for size in sizes.values())
    assert measured == {index: size for index, size in sizes.items() if size}
    assert totals.largest == max(sizes.values(), default=0)

"""What is drawn: documents and their changes, events, and what befalls requests."""

from hypothesis import strategies as st

from tests.convergence.fates import DEATHS, FAULTS, Fate
from tests.convergence.world import LONGEST_DELAY

KEYS = (*["a.txt"] * 5, "b.md", "tenants/t1/a.txt", "tenants/No/a.txt")
"""What happens to one document is more of interest than to many."""

PARAGRAPHS = tuple(
    f"The paragraph called {name} says that {name} is here and that nothing else is {name}."
    for name in ("amber", "birch", "cedar")
)
TEXTS = st.lists(st.sampled_from(PARAGRAPHS), min_size=1, max_size=6).map("\n\n".join)
BODIES = st.one_of(
    TEXTS.map(str.encode),
    st.tuples(st.sampled_from(["# North", "# South"]), TEXTS).map(
        lambda parts: "\n\n".join(parts).encode()
    ),
    st.sampled_from([b"", b"\xff\xfe\xff", b"Here is poison for the model."]),
)
SIDECARS = st.sampled_from(
    [
        b'{"metadataAttributes": {"year": 2026, "team": "sales"}}',
        b'{"metadataAttributes": {"year": 2027, "open": true, "tags": ["a", "b"]}}',
        b'{"metadataAttributes": {"year": null}}'.replace(b"null", b"{}"),
        b"no JSON",
    ]
)
USER_METADATA = st.sampled_from([{}, {}, {"team": "support"}])
TAGS = st.sampled_from([{}, {"team": "finance", "cost": "low"}])
COPIES = st.sampled_from([1, 1, 1, 1, 0, 2])
"""How often an event is delivered."""

CHANGES = (
    "move",
    "put sidecar",
    "put sidecar",
    "remove",
    "remove sidecar",
    "remove version",
    "restore",
    "restore",
    "shrink",
    "tag",
)
NUMBERS = st.integers(0, 9)
"""Of one among those that there are, the latest first."""

DELAYS = st.sampled_from([0, 60, LONGEST_DELAY])
STORM = st.one_of(*[st.just(Fate.ANSWERED)] * 4, st.sampled_from(FAULTS))
"""Every fifth request fails."""

REQUESTS = st.sampled_from(
    [
        ("get_object", 1),
        ("invoke_model", 1),
        ("put_item", 1),
        ("put_vectors", 1),
        ("put_vectors", 1),
        ("put_vectors", 2),
        ("delete_vectors", 1),
        ("delete_vectors", 1),
        ("delete_vectors", 2),
        ("update_item", 1),
        ("update_item", 2),
        *[("update_item", 3)] * 3,
        *[("update_item", 4)] * 3,
        ("delete_item", 1),
        ("query", 1),
        ("send_message_batch", 1),
    ]
)
"""A worker's how manieth request of which kind."""

ACCIDENTS = st.one_of(
    st.none(),
    st.tuples(REQUESTS, st.none()),
    st.tuples(REQUESTS, st.sampled_from([Fate.UNAVAILABLE, Fate.LOST, Fate.LATE, *DEATHS])),
)
"""What comes between a worker and its end: nothing, a halt before a request, or that request's fate."""

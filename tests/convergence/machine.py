"""Anything that may happen to a bucket, its events and its workers, in any order."""

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from catalog import NO_KEYS, DocumentState
from indexing import handler
from tests.convergence import model
from tests.convergence.fates import DEATHS, FAULTS, Fate
from tests.convergence.world import (
    LONGEST_DELAY,
    LONGEST_LEASE,
    World,
    deployed,
)

KEYS = (*["a.txt"] * 5, "b.md", "tenants/t1/a.txt", "tenants/No/a.txt")
"""What happens to one document is more of interest than to many."""

INDEXES = {"": "chunk", "t1": "chunk-t1"}
MAX_WORKERS = 4
MAX_MESSAGES = 3
"""More of them would hide that a document was not looked at: the next one makes up for it."""

MAX_ROUNDS = 400
"""Far more than it takes until nothing is left to do."""

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
)
NUMBERS = st.integers(0, 9)
"""Of one among those that there are, the latest first."""

DELAYS = st.sampled_from([0, 60, LONGEST_DELAY])
STORM = st.one_of(*[st.just(Fate.ANSWERED)] * 4, st.sampled_from(FAULTS))
"""Every fifth request fails."""

STOPS = st.sampled_from(
    [
        None,
        None,
        None,
        ("get_object", 1),
        ("invoke_model", 1),
        ("put_item", 1),
        ("put_vectors", 1),
        ("put_vectors", 2),
        ("delete_vectors", 1),
        ("delete_vectors", 2),
        ("update_item", 1),
        ("update_item", 2),
        ("update_item", 3),
        ("update_item", 4),
        ("delete_item", 1),
        ("send_message_batch", 1),
    ]
)
"""Before its how manieth request of a kind a worker is stopped; None: it works to its end."""


class Convergence(RuleBasedStateMachine):
    """Whatever happens: once it is at rest, every index equals the bucket."""

    @initialize(versioned=st.booleans(), attempts=st.integers(1, 2), loses_events=st.booleans())
    def deploy(self, versioned, attempts, loses_events):
        self.world = World(versioned=versioned, attempts=attempts)
        self.deployment = deployed(self.world)
        self.deployment.__enter__()
        self.loses_events = loses_events
        self.events_were_lost = False
        self.documents = {key: History() for key in sorted(set(KEYS))}

    # What happens to the bucket

    @precondition(lambda self: len(self.world.queue.messages) < MAX_MESSAGES)
    @rule(
        key=st.sampled_from(KEYS),
        body=BODIES,
        metadata=USER_METADATA,
        seconds=st.integers(0, 1),
        copies=COPIES,
        until=STOPS,
    )
    def put(self, key, body, metadata, seconds, copies, until):
        self.world.let_pass(seconds if self.world.bucket.current(key) else 1)
        self.world.bucket.put(key, body, metadata)
        self.changed(key, copies)
        self.deliver_the_latest(until)

    @precondition(lambda self: len(self.world.queue.messages) < MAX_MESSAGES)
    @precondition(lambda self: self.versions())
    @rule(
        change=st.sampled_from(CHANGES),
        number=NUMBERS,
        sidecar=SIDECARS,
        to=st.sampled_from(KEYS),
        copies=COPIES,
        until=STOPS,
    )
    def change(self, change, number, sidecar, to, copies, until):
        """Change one of the documents that there are, or were."""
        bucket = self.world.bucket
        key, version = self.versions(number)
        current = bucket.current(key)
        self.world.let_pass(1)
        if change == "put sidecar":
            key += model.SIDECAR
            bucket.put(key, sidecar)
        elif change == "remove sidecar":
            key += model.SIDECAR
            bucket.remove(key)
        elif change == "remove version":
            bucket.remove_version(key, version)
        elif change == "restore" and version.body is not None:
            bucket.put(key, version.body, version.metadata)
        elif change == "remove":
            bucket.remove(key)
        elif change == "shrink" and current:
            half = current.body[: len(current.body) // 2].rpartition(b"\n\n")[0]
            bucket.put(key, half, current.metadata)
        elif change == "move" and current and key != to:
            bucket.put(to, current.body, current.metadata)
            self.changed(to, copies)
            bucket.remove(key)
        self.changed(key, copies)
        self.deliver_the_latest(until)

    def versions(self, number=0):
        """One of the versions that there are of documents, with its key; None when there is none."""
        versions = [
            (key, version) for key in self.documents for version in self.world.bucket.versions(key)
        ]
        return versions[-1 - number % len(versions)] if versions else None

    def changed(self, key, copies):
        """Send the event of a change, so many times, and remember what was there."""
        copies = copies if self.loses_events else max(copies, 1)
        for _ in range(copies):
            self.world.notify(key)
        self.events_were_lost |= not copies
        document = key.removesuffix(model.SIDECAR)
        self.documents[document].note(
            self.world.bucket.current(document),
            self.world.bucket.current(document + model.SIDECAR),
        )

    # What happens to events and workers

    @precondition(lambda self: len(self.world.invocations) < MAX_WORKERS)
    @precondition(lambda self: self.world.queue.messages)
    @rule(
        data=st.data(),
        numbers=st.sets(NUMBERS, min_size=1, max_size=4),
        cold=st.booleans(),
        until=STOPS,
        storm=st.booleans(),
    )
    def deliver(self, data, numbers, cold, until, storm):
        self.world.let_pass_until_a_message_is_visible()
        messages = self.world.queue.visible()
        chosen = {number % len(messages) for number in numbers}
        invocation = self.world.deliver([messages[n] for n in sorted(chosen)], cold=cold)
        self.proceed(invocation, until, storm, data)

    @precondition(lambda self: len(self.world.invocations) < MAX_WORKERS)
    @precondition(lambda self: self.world.queue.delivered())
    @rule(data=st.data(), number=NUMBERS, until=STOPS, storm=st.booleans())
    def deliver_again(self, data, number, until, storm):
        """SQS may deliver a message that it has delivered just now."""
        delivered = self.world.queue.delivered()
        invocation = self.world.deliver([delivered[number % len(delivered)]])
        self.proceed(invocation, until, storm, data)

    @precondition(lambda self: self.world.invocations)
    @rule(data=st.data(), number=NUMBERS, until=STOPS, storm=st.booleans())
    def work(self, data, number, until, storm):
        invocation = self.worker(number)
        self.let_have(invocation, Fate.ANSWERED)
        self.proceed(invocation, until, storm, data)

    @precondition(lambda self: self.world.invocations)
    @rule(number=NUMBERS, fate=st.sampled_from(FAULTS + DEATHS), delay=DELAYS)
    def strike(self, number, fate, delay):
        """A request fails, however often it is repeated, or kills its worker."""
        invocation = self.worker(number)
        request = invocation.pending
        while invocation.pending is request:
            self.let_have(invocation, fate, delay)

    def proceed(self, invocation, until, storm, data):
        """Let a worker go on until it is about to send that request, in a storm or not."""
        operation, count = until or (None, 0)
        while invocation and invocation.pending:
            count -= invocation.pending.operation == operation
            if until and not count:
                return
            fate = data.draw(STORM) if storm else Fate.ANSWERED
            self.let_have(invocation, fate, data.draw(DELAYS) if fate is Fate.LATE else 0)

    def let_have(self, invocation, fate, delay=0):
        self.world.proceed(invocation, fate, delay=delay)
        self.a_replaced_document_is_never_missing()

    @precondition(lambda self: self.world.invocations or self.world.late)
    @rule(
        number=NUMBERS,
        seconds=st.sampled_from([None, None, 10, 60, 300, 780]),
        fate=st.sampled_from(DEATHS),
        delay=DELAYS,
    )
    def let_pass(self, number, seconds, fate, delay):
        """Put the clock forward, by default until a worker's lease has lapsed."""
        if seconds is None and self.world.invocations:
            end = self.worker(number).context.deadline + handler.LEASE_GRACE_SECONDS + 1
            seconds = end - self.world.seconds()
        self.world.let_pass(seconds or 0, fate=fate, delay=delay)

    @precondition(lambda self: self.world.late)
    @rule(number=NUMBERS)
    def land(self, number):
        self.world.land(self.world.late[number % len(self.world.late)])

    def deliver_the_latest(self, until):
        """Let a worker have the latest event at once."""
        messages = self.world.queue.visible()
        if messages and len(self.world.invocations) < MAX_WORKERS:
            self.proceed(self.world.deliver(messages[-1:]), until, storm=False, data=None)

    def worker(self, number):
        return self.world.invocations[number % len(self.world.invocations)]

    # What holds at every moment

    @invariant()
    def an_indexed_document_has_the_chunks_of_its_version_and_no_others(self):
        for entry in self.world.entries():
            if entry.state is DocumentState.INDEXED and not entry.check_after:
                known = self.documents[entry.key].expected(entry)
                without_embeddings = [
                    {key: vector[:3] for key, vector in vectors.items()} for vectors in known
                ]
                assert self.chunks(entry.key) in without_embeddings, entry

    @invariant()
    def a_replaced_document_is_never_missing(self):
        for key, history in self.documents.items():
            if not history.bodies or model.tenant(key) is None:
                continue
            entry = self.world.catalog.get(identity(key), key)
            if entry is None or entry.check_after:
                history.was_indexed = False
            elif entry.state is DocumentState.INDEXED:
                history.was_indexed |= history.knows(entry)
            if history.was_indexed:
                found = self.chunks(key).keys()
                assert any(chunks.keys() <= found for chunks in history.versions(key)), entry

    def chunks(self, key):
        """What the index holds of a document, without the embeddings."""
        vectors = self.world.stored(INDEXES[model.tenant(key)])
        found = {vector_key: model.stored(vector)[:3] for vector_key, vector in vectors.items()}
        return {k: chunk for k, chunk in found.items() if chunk[1]["key"] == key}

    # What holds at the end

    def teardown(self):
        try:
            self.come_to_rest()
            if self.events_were_lost or self.world.queue.dead_letters:
                self.sync()
                self.come_to_rest()
            self.check_indexes()
            self.check_catalog()
            self.sync(check=True)
            self.come_to_rest()
            self.check_indexes()
            self.check_catalog()
            self.check_pages()
        finally:
            self.world.close()
            self.deployment.__exit__(None, None, None)

    def come_to_rest(self):
        """Let everything be delivered, and be done."""
        for _ in range(MAX_ROUNDS):
            for invocation in list(self.world.invocations):
                while invocation.pending:
                    self.world.proceed(invocation, Fate.ANSWERED)
            messages = self.world.queue.messages.values()
            if not messages and not self.world.late:
                return
            if messages:
                self.world.let_pass_until_a_message_is_visible()
                self.world.deliver(self.world.queue.visible()[:4])
            else:
                self.world.let_pass(LONGEST_DELAY)
        raise AssertionError(f"never at rest: {list(self.world.queue.messages.values())}")

    def sync(self, *, check=False):
        """Have bucket and catalog compared, once no dead worker holds any document."""
        self.world.let_pass(LONGEST_LEASE)
        self.world.sync(check=check)

    def check_indexes(self):
        """Every index holds the chunks of its documents, and nothing else."""
        for tenant, index in INDEXES.items():
            stored = self.world.stored(index, with_data=True)
            found = {key: model.stored(vector) for key, vector in stored.items()}
            for key, history in self.documents.items():
                if model.tenant(key) != tenant:
                    continue
                chunks = {k: vector for k, vector in found.items() if vector[1]["key"] == key}
                expected = self.expected(key)
                if expected is not None:
                    assert chunks == expected, key
                else:
                    entry = self.world.catalog.get(identity(key), key)
                    history.check_leftovers(key, chunks, is_whole="are lost" not in entry.reason)
                for vector_key in chunks:
                    del found[vector_key]
            assert not found

    def expected(self, key):
        """The vectors of a document: none of one that does not exist, None of one that cannot be indexed."""
        current = self.world.bucket.current(key)
        if current is None or not current.body:
            return {}
        return expected(key, current, self.world.bucket.current(key + model.SIDECAR))

    def check_pages(self):
        """Every list of vector keys is one that an entry refers to."""
        in_force = {keys.generation for entry in self.world.entries() for keys in entry.key_lists}
        assert self.world.generations() == in_force

    def check_catalog(self):
        """Every document has an entry that says how it came out, and nothing else has one."""
        entries = {entry.key: entry for entry in self.world.entries()}
        for key in self.documents:
            current = self.world.bucket.current(key)
            if current is None or not current.body:
                assert key not in entries, entries[key]
                continue
            entry = entries.pop(key)
            sidecar = self.world.bucket.current(key + model.SIDECAR)
            assert (entry.index, entry.etag) == (identity(key), current.etag), entry
            assert entry.version_id == current.version_id, entry
            assert entry.sidecar_etag == (sidecar.etag if sidecar else ""), entry
            assert (entry.lease_until, entry.holder, entry.check_after) == (0, "", 0), entry
            assert (entry.intended, entry.written, entry.former) == (NO_KEYS,) * 3, entry
            wanted = self.expected(key)
            if wanted is None:
                assert entry.state is DocumentState.FAILED, entry
                assert entry.reason, entry
            else:
                assert entry.state is DocumentState.INDEXED, entry
                assert not entry.reason
                assert entry.chunk_count == len(wanted), entry
                assert (
                    self.world.catalog.vector_keys(entry, entry.indexed).keys() == wanted.keys()
                ), entry
        assert not entries


class History:
    """What a document was since it last came into being: what the index may hold of it."""

    def __init__(self):
        self.bodies = []
        self.sidecars = [None]
        self.ever = []
        self.was_indexed = False

    def note(self, version, sidecar):
        if version is None or not version.body:
            self.bodies = []
            self.was_indexed = False
        elif version not in self.bodies:
            self.bodies.append(version)
            self.ever.append(version)
        if sidecar not in self.sidecars:
            self.sidecars.append(sidecar)

    def knows(self, entry):
        return any(_is_of(entry, version) for version in self.bodies)

    def expected(self, entry):
        """The vectors of the version that an entry says is indexed; of one second, of several."""
        return [
            expected(entry.key, version, sidecar)
            for version in self.ever
            for sidecar in self.sidecars
            if _is_of(entry, version) and (sidecar.etag if sidecar else "") == entry.sidecar_etag
        ]

    def versions(self, key):
        """The vectors of each body, which do not depend on the sidecar as far as keys go."""
        found = [expected(key, version, None) for version in self.bodies]
        return [vectors for vectors in found if vectors is not None]

    def check_leftovers(self, key, chunks, *, is_whole):
        """What a document that cannot be indexed left: one former version, which was good, or of one."""
        if not chunks:
            return
        known = [
            vectors
            for version in self.ever
            for sidecar in self.sidecars
            if (vectors := expected(key, version, sidecar))
        ]
        assert any(chunks.keys() <= vectors.keys() for vectors in known)
        assert not is_whole or any(chunks.keys() == vectors.keys() for vectors in known)
        for vector_key, vector in chunks.items():
            assert any(vectors.get(vector_key) == vector for vectors in known)


def expected(key, version, sidecar):
    return model.vectors(
        key,
        version.body,
        sidecar.body if sidecar else None,
        tuple(sorted(version.metadata.items())),
    )


def identity(key):
    tenant = model.tenant(key)
    return "no-index" if tenant is None else f"vectors/{INDEXES[tenant]}"


def _is_of(entry, version):
    stamp = version.last_modified.isoformat(timespec="seconds")
    return (entry.etag, entry.version_id, entry.last_modified) == (
        version.etag,
        version.version_id,
        stamp,
    )

"""Anything that may happen to a bucket, its events and its workers, in any order."""

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from catalog import DocumentState
from indexing.indexer import LEASE_GRACE_SECONDS
from syncing.sync import Mode
from tests.convergence import model
from tests.convergence.at_rest import AtRest
from tests.convergence.fates import DEATHS, Fate
from tests.convergence.histories import History, chunks_of, identity
from tests.convergence.strategies import (
    ACCIDENTS,
    BODIES,
    CHANGES,
    COPIES,
    DELAYS,
    KEYS,
    NUMBERS,
    SIDECARS,
    STORM,
    TAGS,
    USER_METADATA,
)
from tests.convergence.world import LONGEST_DELAY, World, deployed

MAX_WORKERS = 4
MAX_MESSAGES = 3
"""More of them would hide that a document was not looked at: the next one makes up for it."""


class Convergence(RuleBasedStateMachine):
    """Whatever happens: once it is at rest, every index equals the bucket."""

    @initialize(
        versioned=st.booleans(),
        attempts=st.sampled_from([1, 1, 2]),
        loses_events=st.booleans(),
        begun_at_most=st.sampled_from([100, 100, 1]),
        max_lapses=st.sampled_from([100, 100, 1, 2]),
    )
    def deploy(self, versioned, attempts, loses_events, begun_at_most, max_lapses):
        """A worker has time to begin `begun_at_most` documents; `max_lapses` of leases give a version up."""
        self.world = World(
            versioned=versioned,
            attempts=attempts,
            begun_at_most=begun_at_most,
            max_lapses=max_lapses,
        )
        self.deployment = deployed(self.world)
        self.deployment.__enter__()
        self.loses_events = loses_events
        self.events_were_lost = False
        self.listings_hide_a_change = False
        self.documents = {key: History() for key in sorted(set(KEYS))}

    # What happens to the bucket

    @precondition(lambda self: len(self.world.queue.messages) < MAX_MESSAGES)
    @rule(
        key=st.sampled_from(KEYS),
        body=BODIES,
        metadata=USER_METADATA,
        seconds=st.integers(0, 1),
        copies=COPIES,
        accident=ACCIDENTS,
    )
    def put(self, *, key, body, metadata, seconds, copies, accident):
        self.world.let_pass(seconds if self.world.bucket.current(key) else 1)
        self.world.bucket.put(key, body, metadata)
        self.changed(key, copies)
        self.deliver_the_latest(accident)

    @precondition(lambda self: len(self.world.queue.messages) < MAX_MESSAGES)
    @precondition(lambda self: self.versions())
    @rule(
        change=st.sampled_from(CHANGES),
        number=NUMBERS,
        sidecar=SIDECARS,
        tags=TAGS,
        to=st.sampled_from(KEYS),
        copies=COPIES,
        accident=ACCIDENTS,
    )
    def change(self, *, change, number, sidecar, tags, to, copies, accident):
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
        elif change == "tag" and current:
            bucket.tag(key, tags)
            self.listings_hide_a_change = True
        elif change == "remove version":
            bucket.remove_version(key, version)
        elif change == "restore" and version.body is not None:
            bucket.put(key, version.body, version.metadata, version.tags)
        elif change == "remove":
            bucket.remove(key)
        elif change == "shrink" and current:
            half = current.body[: len(current.body) // 2].rpartition(b"\n\n")[0]
            bucket.put(key, half, current.metadata)
        elif change == "move" and current and key != to:
            bucket.put(to, current.body, current.metadata, current.tags)
            self.changed(to, copies)
            bucket.remove(key)
        self.changed(key, copies)
        self.deliver_the_latest(accident)

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
        self.listings_hide_a_change |= self.documents[document].has_twin(
            self.world.bucket.current(document)
        )
        self.documents[document].note(
            self.world.bucket.current(document),
            self.world.bucket.current(document + model.SIDECAR),
        )

    # What happens to events and workers

    @precondition(lambda self: len(self.world.queue.messages) < MAX_MESSAGES)
    @rule(key=st.sampled_from(KEYS), accident=ACCIDENTS | st.just((("query", 1), None)))
    def check(self, *, key, accident):
        """Have a document checked, as `dropvec sync --check` does."""
        self.world.ask_for_check(key)
        self.deliver_the_latest(accident)

    @precondition(lambda self: len(self.world.invocations) < MAX_WORKERS)
    @precondition(lambda self: self.world.queue.messages)
    @rule(
        data=st.data(),
        numbers=st.sets(NUMBERS, min_size=1, max_size=4),
        cold=st.booleans(),
        accident=ACCIDENTS,
        storm=st.booleans(),
    )
    def deliver(self, data, numbers, cold, accident, storm):
        self.world.let_pass_until_a_message_is_visible()
        messages = self.world.queue.visible()
        chosen = {number % len(messages) for number in numbers}
        invocation = self.world.deliver([messages[n] for n in sorted(chosen)], cold=cold)
        self.proceed(invocation, accident, storm, data)

    @precondition(lambda self: len(self.world.invocations) < MAX_WORKERS)
    @precondition(lambda self: self.world.queue.delivered())
    @rule(data=st.data(), number=NUMBERS, accident=ACCIDENTS, storm=st.booleans())
    def deliver_again(self, data, number, accident, storm):
        """SQS may deliver a message that it has delivered just now."""
        delivered = self.world.queue.delivered()
        invocation = self.world.deliver([delivered[number % len(delivered)]])
        self.proceed(invocation, accident, storm, data)

    @precondition(lambda self: self.world.invocations)
    @rule(data=st.data(), number=NUMBERS, accident=ACCIDENTS, storm=st.booleans())
    def work(self, data, number, accident, storm):
        invocation = self.worker(number)
        self.let_have(invocation, Fate.ANSWERED)
        self.proceed(invocation, accident, storm, data)

    def proceed(self, invocation, accident, storm, data):
        """Let a worker go on to its end or its accident, in a storm or not."""
        (operation, count), fate = accident or ((None, 0), None)
        while invocation and invocation.pending:
            request = invocation.pending
            count -= request.operation == operation
            if request.operation == operation and not count:
                if fate is None:
                    return
                while invocation.pending is request:
                    self.let_have(invocation, fate, LONGEST_DELAY)
                continue
            weather = data.draw(STORM) if storm else Fate.ANSWERED
            delay = data.draw(DELAYS) if weather is Fate.LATE else 0
            self.let_have(invocation, weather, delay)

    def let_have(self, invocation, fate, delay=0):
        request = invocation.pending
        self.world.proceed(invocation, fate, delay=delay)
        if request.is_seen:
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
            end = self.worker(number).context.deadline + LEASE_GRACE_SECONDS + 1
            seconds = end - self.world.seconds()
        self.world.let_pass(seconds or 0, fate=fate, delay=delay)

    @precondition(lambda self: self.world.late)
    @rule(number=NUMBERS)
    def land(self, number):
        self.world.land(self.world.late[number % len(self.world.late)])

    def deliver_the_latest(self, accident):
        """Let a worker have the latest event at once."""
        messages = self.world.queue.visible()
        if messages and len(self.world.invocations) < MAX_WORKERS:
            self.proceed(self.world.deliver(messages[-1:]), accident, storm=False, data=None)

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
                assert chunks_of(self.world, entry.key) in without_embeddings, entry

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
                found = chunks_of(self.world, key).keys()
                assert any(chunks.keys() <= found for chunks in history.versions(key)), entry

    # What holds at the end

    def teardown(self):
        end = AtRest(self.world, self.documents)
        try:
            end.come()
            if self.events_were_lost or self.world.queue.dead_letters:
                end.sync(Mode(everything=self.listings_hide_a_change))
                end.come()
            end.check(given_up=end.given_up())
            end.sync(Mode(check=True))
            end.come()
            end.check()
            end.check_pages()
        finally:
            self.world.close()
            self.deployment.__exit__(None, None, None)

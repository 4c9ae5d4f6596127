"""The end of a history: all is delivered and done, and index and catalog are what the bucket asks for."""

import re

from catalog import NO_KEYS, DocumentState
from tests.convergence import model
from tests.convergence.fates import Fate
from tests.convergence.histories import INDEXES, chunks_of, expected, identity
from tests.convergence.world import LONGEST_DELAY, LONGEST_LEASE

MAX_ROUNDS = 400
"""Far more than it takes until nothing is left to do."""


class AtRest:
    """Brings a world to rest, and checks what it holds then."""

    def __init__(self, world, histories):
        self.world = world
        self.documents = histories

    def check(self, *, given_up=frozenset()):
        """`given_up` are the documents that may be FAILED though there is nothing wrong with them."""
        self._given_up = given_up
        self._check_indexes()
        self._check_catalog()

    def given_up(self):
        """The documents that workers died at too often; a check of the bucket has them tried again."""
        found = {
            entry.key
            for entry in self.world.entries()
            if entry.state is DocumentState.FAILED and "workers died at it" in entry.reason
        }
        assert not found or self.world.leases_left >= self.world.max_lapses
        return found

    def come(self):
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

    def sync(self, mode):
        """Have bucket and catalog compared, once no dead worker holds any document."""
        self.world.let_pass(LONGEST_LEASE)
        self.world.sync(mode)

    def _check_indexes(self):
        """Every index holds the chunks of its documents, and nothing else."""
        for tenant, index in INDEXES.items():
            stored = self.world.stored(index, with_data=True)
            found = {key: model.stored(vector) for key, vector in stored.items()}
            for key, history in self.documents.items():
                if model.tenant(key) != tenant:
                    continue
                chunks = {k: vector for k, vector in found.items() if vector[1]["key"] == key}
                expected = self._expected(key)
                if expected is not None:
                    assert chunks == expected, key
                else:
                    entry = self.world.catalog.get(identity(key), key)
                    history.check_leftovers(key, chunks, is_whole="are lost" not in entry.reason)
                for vector_key in chunks:
                    del found[vector_key]
            assert not found

    def _expected(self, key):
        """The vectors of a document: none of one that does not exist, None of one that cannot be indexed."""
        current = self.world.bucket.current(key)
        if current is None or not current.body:
            return {}
        if key in self._given_up:
            return None
        return expected(key, current, self.world.bucket.current(key + model.SIDECAR))

    def check_pages(self):
        """Every list of vector keys is one that an entry refers to."""
        in_force = {keys.generation for entry in self.world.entries() for keys in entry.key_lists}
        assert self.world.generations() == in_force

    def _check_catalog(self):
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
            assert (entry.lapses >= self.world.max_lapses) == (key in self._given_up), entry
            wanted = self._expected(key)
            if wanted is None:
                assert entry.state is DocumentState.FAILED, entry
                assert entry.reason, entry
                wanted = chunks_of(self.world, key)
            else:
                assert entry.state is DocumentState.INDEXED, entry
                assert not entry.reason, entry
            assert entry.chunk_count == len(wanted), entry
            listed = self.world.catalog.vector_keys(entry, entry.indexed)
            lost = re.search(r"(\d+) of \d+ chunks of its last good version are lost", entry.reason)
            assert listed.keys() >= wanted.keys(), entry
            assert len(listed) - len(wanted) == (int(lost[1]) if lost else 0), entry
        assert not entries

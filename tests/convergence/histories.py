"""What each document was: what its index may hold of it meanwhile, and what is left of it when it fails."""

from tests.convergence import model

INDEXES = {"": "chunk", "t1": "chunk-t1"}
"""The indexes by their tenants."""


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

    def has_twin(self, version):
        """Whether there was a version that S3's listings, in whole seconds, do not tell from this one."""
        return version is not None and any(
            (twin.etag, twin.last_modified) == (version.etag, version.last_modified)
            and twin != version
            for twin in self.ever
        )

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
        tuple(sorted((version.tags | version.metadata).items())),
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


def chunks_of(world, key):
    """What the index holds of a document, without the embeddings."""
    vectors = world.stored(INDEXES.get(model.tenant(key), "none"))
    found = {vector_key: model.stored(vector)[:3] for vector_key, vector in vectors.items()}
    return {k: chunk for k, chunk in found.items() if chunk[1]["key"] == key}

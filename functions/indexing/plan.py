"""What has to be done to an index so that it holds a document's new chunks: pure comparisons."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from catalog import UNKNOWN_DIGEST, VectorKeys


class Known(Struct, frozen=True):
    """What the catalog knows of a document's vectors: each key with the digest of its metadata."""

    indexed: VectorKeys
    """Of the last version that was indexed."""
    intended: VectorKeys
    """Of versions that were begun and not finished: in the index, or not."""
    written: VectorKeys
    """Of the intended ones those that were surely put."""
    former: VectorKeys
    """Deleted, and able to come back as long as something is doubtful."""

    @property
    def certain(self) -> VectorKeys:
        """The vectors that are in the index, with the metadata that they surely have."""
        put = {**self.indexed, **self.written}
        return {
            key: digest if self.intended.get(key, digest) == digest else UNKNOWN_DIGEST
            for key, digest in put.items()
        }

    @property
    def all_but_former(self) -> set[str]:
        """The keys that the index may hold."""
        return {*self.indexed, *self.intended, *self.written}


class Plan(Struct, frozen=True):
    """How to come from what is known to what is wanted."""

    new: frozenset[str]
    """Keys to embed: the index holds none of them."""
    doubtful: frozenset[str]
    """Keys to look at: what the index holds of them is put again where it differs, else kept."""
    unwanted: frozenset[str]
    """Keys to delete."""

    @property
    def changed(self) -> frozenset[str]:
        """The keys of passages that may have to be put."""
        return self.new | self.doubtful


def plan(
    wanted: VectorKeys, known: Known, *, suspects: frozenset[str] = frozenset(), check: bool = False
) -> Plan:
    """Return what makes an index hold the wanted vectors and none of the others.

    `suspects` are keys that the index may hold though the catalog knows nothing of them. With
    `check` nothing that is known is trusted, and what was deleted before is deleted again.
    """
    certain = {} if check else known.certain
    may_be_there = known.all_but_former | suspects
    changed = [key for key, digest in wanted.items() if certain.get(key) != digest]
    # A key in doubt may have been deleted, and its deletion may come late.
    unwanted = (may_be_there | known.former.keys() if check else may_be_there) - wanted.keys()
    return Plan(
        new=frozenset(key for key in changed if key not in may_be_there),
        doubtful=frozenset(key for key in changed if key in may_be_there),
        unwanted=frozenset(unwanted),
    )


def merged(*lists: Mapping[str, str]) -> VectorKeys:
    """Return the keys of all lists, in their order; a key that they disagree on has no known metadata."""
    union: VectorKeys = {}
    for vector_keys in lists:
        for key, digest in vector_keys.items():
            if union.setdefault(key, digest) != digest:
                union[key] = UNKNOWN_DIGEST
    return union


def without_digests(keys: Iterable[str]) -> VectorKeys:
    """Return keys whose metadata nobody vouches for."""
    return dict.fromkeys(keys, UNKNOWN_DIGEST)

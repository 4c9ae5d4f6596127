"""Which documents are written together: small ones of one index share their calls."""

from collections.abc import Iterator

from indexing.work import Work
from indexing.writer import PASSAGES_PER_ROUND

MAX_PASSAGES_HELD = 5_000
"""Of all groups, so that a batch of many tenants does not fill the memory."""

MAX_GROUPS = 50
"""A new index takes half a dozen requests of its own, for which begun documents must not wait long."""


class Groups:
    """Begun works by their index, until there are enough of them."""

    def __init__(self) -> None:
        self._groups: dict[str, list[Work]] = {}

    def add(self, work: Work) -> Iterator[list[Work]]:
        """Take one more, and yield the groups that are to be written now.

        A document of a full round or more is a group of its own, after all others: what those hold
        must not have to wait for it.
        """
        if len(work.passages) >= PASSAGES_PER_ROUND:
            yield from self.take_all()
            yield [work]
            return
        index = work.claim.entry.index
        self._groups.setdefault(index, []).append(work)
        if _passages(self._groups[index]) >= PASSAGES_PER_ROUND:
            yield self._groups.pop(index)
        elif len(self._groups) > MAX_GROUPS or self._held() >= MAX_PASSAGES_HELD:
            fullest = max(self._groups, key=lambda index: _passages(self._groups[index]))
            yield self._groups.pop(fullest)

    def _held(self) -> int:
        return sum(map(_passages, self._groups.values()))

    def take_all(self) -> Iterator[list[Work]]:
        """Yield the groups that are left."""
        while self._groups:
            yield self._groups.pop(next(iter(self._groups)))


def _passages(group: list[Work]) -> int:
    return sum(len(work.passages) for work in group)

"""The best documents, each with its best chunks, instead of the best chunks."""

from collections.abc import Iterable

from msgspec import Struct

from querying.search import Hit, Page

MAX_CHUNKS = 1_000
"""So many of the best chunks are looked through for documents: ten requests in a row."""


class Group(Struct, frozen=True):
    """A document's best chunks, best first; its score is the first one's."""

    hits: list[Hit]

    @property
    def score(self) -> float:
        """The score of its best chunk."""
        return self.hits[0].score


def grouped(pages: Iterable[Page], *, documents: int, passages: int) -> list[Group]:
    """Return the best documents of the pages, the one with the best chunk first.

    No page is asked for after the one that shows the last document wanted; the passages of each
    are among the chunks that were seen until then.
    """
    groups: dict[str, Group] = {}
    for page in pages:
        for hit in page.hits:
            document = hit.chunk.uri or hit.match.key
            if document in groups:
                groups[document].hits.append(hit)
            elif len(groups) < documents:
                groups[document] = Group([hit])
        if len(groups) == documents:
            break
    return [Group(group.hits[:passages]) for group in groups.values()]

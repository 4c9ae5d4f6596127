"""One vector index: its settings, its vectors, and what is searched in them."""

from __future__ import annotations

import threading
from itertools import islice
from typing import TYPE_CHECKING

from local.s3vectors.errors import IndexNotFoundError
from local.s3vectors.full_text.text_index import TextIndex
from local.s3vectors.search import Match, Search, Searcher
from local.s3vectors.vector_table import Record, VectorTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from local.s3vectors.index_settings import IndexSettings
    from local.s3vectors.journal import Journal
    from local.s3vectors.nearest import Position

# While so many texts are analysed, a text index that is being built keeps writers waiting.
BACKFILL_BATCH = 64
RESTORED_BATCH = 1_000


class VectorIndex:
    """The vectors of one index; every method is atomic.

    There is one writer at a time. Readers wait only for the moment in which a prepared change is
    applied.
    """

    def __init__(self, settings: IndexSettings, journal: Journal) -> None:
        self._settings = settings
        self._journal = journal
        self._writing = threading.Lock()  # taken before the other
        self._applying = threading.Lock()
        self._table = VectorTable(settings.dimension)
        self._texts = {text.metadata_key: TextIndex(text.language) for text in settings.text_search}
        self._removed = False

    @property
    def settings(self) -> IndexSettings:
        """The attributes of the index now."""
        return self._settings

    def change(self, settings: IndexSettings) -> None:
        """Have these settings; a text index that they add is empty until it is backfilled."""
        with self._writing:
            self._journal.put_index(settings)
            with self._applying:
                self._settings = settings
                self._texts = {
                    text.metadata_key: self._texts.get(text.metadata_key)
                    or TextIndex(text.language)
                    for text in settings.text_search
                }

    def remove(self) -> None:
        """Keep the index no longer, and refuse writes from now on."""
        with self._writing:
            self._journal.delete_index(self._settings.arn)
            self._removed = True

    def restore(self, vectors: Iterable[tuple[int, Record]]) -> None:
        """Hold what a journal kept, searchable texts too."""
        for batch in _batched(vectors, RESTORED_BATCH):
            self._apply(dict(batch))

    def put(self, records: Sequence[Record]) -> None:
        """Add vectors, or replace those of the same key altogether; the last of a key wins."""
        with self._writing:
            self._check_not_removed()
            placed = self._table.placed(records)
            self._journal.put_vectors(self._settings.arn, placed)
            self._apply(placed)

    def delete(self, keys: Iterable[str]) -> None:
        """Remove vectors; absent keys are ignored."""
        with self._writing:
            self._check_not_removed()
            rows = self._table.rows_of(keys)
            self._journal.delete_vectors(self._settings.arn, rows)
            with self._applying:
                self._table.remove(rows)
                for index in self._texts.values():
                    index.remove(rows)

    def get(self, keys: Iterable[str]) -> list[Record]:
        """The vectors that exist, in the order of storage."""
        with self._applying:
            return self._table.read(self._table.rows_of(keys))

    def scan(self, start: int, count: int, segment: int, segments: int) -> list[tuple[int, Record]]:
        """Up to ``count`` vectors of one segment from row ``start`` on, with their rows."""
        with self._applying:
            rows = self._table.rows_from(start, count, segment, segments)
            return list(zip(rows, self._table.read(rows), strict=True))

    def search(self, search: Search, count: int, after: Position | None = None) -> list[Match]:
        """The first ``count`` results of a search, or the next after a position.

        Every key of ``search.texts`` must be searchable.
        """
        with self._applying:
            return Searcher(search, self._table, self._texts).ranking(count, after)

    def backfill(self, key: str) -> None:
        """Bring the texts that were there before its configuration into a key's text index."""
        index = self._texts.get(key)
        start = 0
        while index is not None and start < len(self._table):
            with self._writing:
                end = min(start + BACKFILL_BATCH, len(self._table))
                terms = {
                    row: index.terms(described[1].get(key))
                    for row in range(start, end)
                    if (described := self._table.described(row)) is not None
                }
                with self._applying:
                    for row, terms_of_row in terms.items():
                        index.put(row, terms_of_row)
            start = end

    def _apply(self, placed: Mapping[int, Record]) -> None:
        terms = {
            key: {row: index.terms(record.metadata.get(key)) for row, record in placed.items()}
            for key, index in self._texts.items()
        }
        with self._applying:
            self._table.write(placed)
            for key, index in self._texts.items():
                for row, terms_of_row in terms[key].items():
                    index.put(row, terms_of_row)

    def _check_not_removed(self) -> None:
        if self._removed:
            raise IndexNotFoundError


def _batched(
    vectors: Iterable[tuple[int, Record]], size: int
) -> Iterator[list[tuple[int, Record]]]:
    """The vectors in lists of at most ``size``."""
    rest = iter(vectors)
    while batch := list(islice(rest, size)):
        yield batch

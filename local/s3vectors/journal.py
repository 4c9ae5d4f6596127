"""Where changes are written before anyone sees them: nowhere, or in a data folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from local.s3vectors.account import VectorBucket
    from local.s3vectors.index_settings import IndexSettings
    from local.s3vectors.vector_table import Record


class Journal(Protocol):
    """Every method is atomic, and what it was given is kept when it returns."""

    def put_vector_bucket(self, bucket: VectorBucket) -> None:
        """Keep a new or changed vector bucket."""

    def delete_vector_bucket(self, name: str) -> None:
        """Keep no longer a vector bucket."""

    def put_index(self, settings: IndexSettings) -> None:
        """Keep a new or changed index."""

    def delete_index(self, arn: str) -> None:
        """Keep no longer an index and its vectors."""

    def put_vectors(self, arn: str, placed: Mapping[int, Record]) -> None:
        """Keep vectors of an index in their rows."""

    def delete_vectors(self, arn: str, rows: Sequence[int]) -> None:
        """Keep no longer the vectors in rows of an index."""

    def close(self) -> None:
        """Let go of what is open."""


class NoJournal:
    """A journal that keeps nothing: everything is in memory only."""

    def put_vector_bucket(self, bucket: VectorBucket) -> None:
        """Keep nothing."""

    def delete_vector_bucket(self, name: str) -> None:
        """Keep nothing."""

    def put_index(self, settings: IndexSettings) -> None:
        """Keep nothing."""

    def delete_index(self, arn: str) -> None:
        """Keep nothing."""

    def put_vectors(self, arn: str, placed: Mapping[int, Record]) -> None:
        """Keep nothing."""

    def delete_vectors(self, arn: str, rows: Sequence[int]) -> None:
        """Keep nothing."""

    def close(self) -> None:
        """Do nothing."""

"""The SQLite file that keeps a local stack's documents and catalog.

What was committed is there again after `kill -9`: SQLite's write-ahead log sees to it. As with the
vectors beside it, it is not synced to the disk at every commit, so a power failure may lose the
latest changes.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from local.s3vectors.errors import DataFolderError

FILE_NAME = "stack.sqlite"

FORMAT = 1
"""Of what the file holds; raised whenever the statements below or what objects.py and items.py
write into these tables come to mean something else."""

# Bodies have a table of their own, because SQLite writes a changed row anew, whole.
_TABLES = """
CREATE TABLE stack (resource TEXT PRIMARY KEY, name TEXT);
CREATE TABLE object_version (
    key TEXT, version_id TEXT, position INTEGER, etag TEXT, attributes TEXT,
    PRIMARY KEY (key, version_id)
) WITHOUT ROWID;
CREATE TABLE object_body (key TEXT, version_id TEXT, body BLOB, PRIMARY KEY (key, version_id));
CREATE TABLE item (key TEXT PRIMARY KEY, attributes TEXT);
"""


class StackFile:
    """The file in a data folder, which only one process has open at a time."""

    def __init__(self, folder: Path) -> None:
        """Open the folder, or make it; raises DataFolderError where that cannot be."""
        self._folder = folder
        self._lock = Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(
                folder / FILE_NAME, timeout=0, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise DataFolderError(f"{folder} cannot be a data folder: {error}") from error
        try:
            self._open()
        except DataFolderError:
            self._database.close()
            raise

    def close(self) -> None:
        """Close the file; later changes fail."""
        with self._lock:
            self._database.close()

    def belong_to(self, resources: Mapping[str, str]) -> None:
        """Raise DataFolderError unless the file is new, or keeps the resources of these names."""
        kept = dict(self.rows("SELECT resource, name FROM stack"))
        if not kept:
            with self.transaction() as database:
                database.executemany("INSERT INTO stack VALUES (?, ?)", resources.items())
        elif kept != resources:
            raise DataFolderError(
                f"{self._folder} is of another stack: it keeps {_listed(kept)}, "
                f"and this one has {_listed(resources)}"
            )

    @property
    def is_empty(self) -> bool:
        """Whether no object and no item is kept."""
        kept = "SELECT 1 FROM object_version UNION ALL SELECT 1 FROM item LIMIT 1"
        return not list(self.rows(kept))

    def rows(self, select: str, values: tuple[Any, ...] = ()) -> Iterator[Any]:
        """Yield what the file holds; not to be read on after a change."""
        return self._database.execute(select, values)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Keep all changes of the block, or none; raises DataFolderError where they cannot be kept."""
        with self._lock:
            try:
                self._database.execute("BEGIN IMMEDIATE")
                with self._database:  # commits, or rolls back on an exception
                    yield self._database
            except sqlite3.Error as error:
                raise DataFolderError(f"{self._folder} cannot be written to: {error}") from error

    def _open(self) -> None:
        try:
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            with self._database:
                self._database.execute("BEGIN EXCLUSIVE")
            if self._format() == 0:
                self._database.executescript(
                    f"BEGIN; {_TABLES} PRAGMA user_version = {FORMAT}; COMMIT"
                )
        except sqlite3.Error as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                raise DataFolderError(f"{self._folder} is in use by another process") from error
            raise DataFolderError(f"{self._folder} is not a data folder: {error}") from error
        if self._format() != FORMAT:
            raise DataFolderError(
                f"{self._folder} is in format {self._format()}, of another version of this "
                f"program; this one reads and writes format {FORMAT}"
            )

    def _format(self) -> int:
        ((found,),) = self.rows("PRAGMA user_version")
        return int(found)


def _listed(resources: Mapping[str, str]) -> str:
    return ", ".join(f"{resource} {name}" for resource, name in sorted(resources.items()))

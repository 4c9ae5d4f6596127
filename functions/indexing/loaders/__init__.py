"""Documents of every supported format, read into text that knows its structure.

`media_types` says what a document is, `loading` reads it. Each format has a loader of its own,
imported when a document of that format comes. Those that hand the bytes to a parser which a hostile
document could make run away do so in another process (`isolation`).
"""

from indexing.loaders.loading import MAX_DOCUMENT_BYTES, load_document
from indexing.loaders.media_types import media_type

__all__ = ["MAX_DOCUMENT_BYTES", "load_document", "media_type"]

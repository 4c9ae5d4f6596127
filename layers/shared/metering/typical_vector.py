"""How large a chunk's vector is, where it was not looked at."""

from msgspec import Struct

KEY_BYTES = 32
FILTERABLE_BYTES = 300
"""A few attributes, and the two of versioning."""
PREFIX_CHARACTERS = 100
"""What is embedded in front of a chunk: document and headings."""
OTHER_METADATA_BYTES = 500
"""What else is stored beside a chunk's text: place, title, headings, ids."""


class TypicalVector(Struct, frozen=True):
    """The vector of a chunk of so many characters, in bytes as the service counts them."""

    dimensions: int
    chunk_size: int

    @property
    def searched_bytes(self) -> int:
        """What a query processes of it."""
        return 4 * self.dimensions + KEY_BYTES + FILTERABLE_BYTES

    @property
    def stored_bytes(self) -> int:
        """All of it."""
        return self.searched_bytes + self.chunk_size + PREFIX_CHARACTERS + OTHER_METADATA_BYTES

"""How the catalog names vector indexes."""

NO_INDEX = "no-index"
"""Of documents whose key belongs to no tenant's index."""


def index_identity(vector_bucket: str, index_name: str) -> str:
    """Return the name under which an index's documents are listed."""
    return f"{vector_bucket}/{index_name}"

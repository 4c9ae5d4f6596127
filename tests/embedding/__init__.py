from collections.abc import Sequence

from embedding import Embedder, Embedding


def embedded(embedder: Embedder, texts: Sequence[str]) -> list[Embedding]:
    """Return the embeddings in the order of the texts."""
    found = dict(embedder.embed_documents(texts))
    return [found[position] for position in sorted(found)]

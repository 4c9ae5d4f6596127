"""Documents cut into chunks: passages small enough to embed, whole enough to understand.

`cut_points` finds where a text may be cut and what each cut would cost, `segmentation` chooses the
cheapest set of cuts, `chunker` makes the chunks of it.
"""

from indexing.chunking.chunker import chunk_document

__all__ = ["chunk_document"]

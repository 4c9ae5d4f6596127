"""Full-text search: analyzers that make terms of text, and an inverted index that ranks by BM25."""

"""Queries of a tenant's vector index, answered over HTTP."""

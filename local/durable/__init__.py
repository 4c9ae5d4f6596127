"""The local stack's documents and catalog, kept in a data folder beside its vectors.

moto holds S3 and DynamoDB in memory. What a request changed there is saved before its answer goes
out, as state (the versions of a key, an item), never as a history of requests; at the next start
that state is put into moto's models as it was, so that nothing is sent, stamped or named anew.
"""

from local.durable.kept_stack import KeptStack

__all__ = ["KeptStack"]

"""The syncing function's errors.

SyncError
├── DocumentsWaitError          too many documents wait to be looked at for a run to begin; repeat later
├── ListingUnavailableError     S3 did not list the bucket; repeat later
└── ScopeError                  the tenant and the prefix that were asked for have no key in common
"""


class SyncError(Exception):
    """The base of every error of this package."""


class DocumentsWaitError(SyncError):
    """A run would find missing what is only waiting; template.yaml's SyncingSteps know this name."""


class ListingUnavailableError(SyncError):
    """S3 did not list the bucket."""


class ScopeError(SyncError):
    """No document can be of that tenant and have that prefix."""

"""The querying function's errors.

QueryingError
├── NoRouteError                 the path is none that is answered
├── MethodError                  the path is not answered for this method
├── TenantError                  the path names no tenant validly
├── NotAuthorizedError           the gateway did not let this caller ask for this tenant
├── TenantRoleError              the tenant role was refused: its tenant and index do not belong together
├── TenantRoleUnavailableError   the tenant role could not be assumed now; repeat later
├── DocumentNotFoundError        no document of this tenant has that key
├── DocumentsUnavailableError    the documents cannot be listed now; repeat later
├── FilterError                  the filter is not one that the index can evaluate
├── SearchModeError              the index cannot be searched as the request needs it
├── RerankingError               the reranking model gave no answer
├── PageTokenError               the page token is not valid here, or not any more
├── PagingKeyError               the key that signs page tokens cannot be used
├── PagingKeysUnavailableError   the keys cannot be read now
├── InvalidFieldError            a field of the request is missing, unknown, or has no valid value
├── BodyTooLargeError
└── MalformedBodyError           the body is not JSON
"""


class QueryingError(Exception):
    """The base of every error of this package; its message is for the caller."""


class NoRouteError(QueryingError):
    """The path is none that is answered."""


class MethodError(QueryingError):
    """The path is answered for other methods."""

    def __init__(self, methods: tuple[str, ...]) -> None:
        super().__init__(f"this route takes {', '.join((*methods, 'OPTIONS'))}")
        self.methods = methods


class TenantError(QueryingError):
    """The path names no tenant, or names the default tenant in a second way."""


class NotAuthorizedError(QueryingError):
    """What the gateway says of a request does not let its caller ask for the tenant of its path."""


class TenantRoleError(QueryingError):
    """STS refused a session of the tenant role."""


class TenantRoleUnavailableError(QueryingError):
    """STS could not answer now."""


class DocumentNotFoundError(QueryingError):
    """There is no such document, or it is another tenant's."""


class DocumentsUnavailableError(QueryingError):
    """The catalog, which knows the documents, gave no answer."""


class FilterError(QueryingError):
    """The filter breaks a rule of the filter language; the message begins with the path to it."""


class SearchModeError(QueryingError):
    """The index cannot be searched in the mode that the request depends on."""


class RerankingError(QueryingError):
    """The reranking model gave no answer; the message says what came instead."""


class PageTokenError(QueryingError):
    """The page token does not lead anywhere: the message says why, and what to do."""


class PagingKeyError(QueryingError):
    """The key that signs page tokens is too short, or may not be read."""


class PagingKeysUnavailableError(QueryingError):
    """The keys that sign page tokens cannot be read now."""


class InvalidFieldError(QueryingError):
    """A field of the request is missing, is no field, or has no valid value."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class BodyTooLargeError(QueryingError):
    """The request's body is over the limit."""


class MalformedBodyError(QueryingError):
    """The request's body is not JSON."""

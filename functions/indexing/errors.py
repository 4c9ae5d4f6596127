"""The indexing function's errors.

IndexingError
├── DocumentError                 permanent; the message is for the document's owner
│   ├── UnsupportedTypeError
│   ├── UnreadableDocumentError
│   ├── DocumentTooLargeError
│   ├── InvalidMetadataError
│   └── WithheldDocumentError     until somebody changes what no version shows
│       └── ForbiddenDocumentError
├── TemporaryError                the same event may succeed later
│   ├── BucketUnavailableError
│   ├── DocumentBusyError
│   ├── OutOfTimeError
│   └── DocumentChangedError
└── EventError                    an event that this function cannot be meant by
"""


class IndexingError(Exception):
    """The base of every error of this package."""


class DocumentError(IndexingError):
    """The document cannot be indexed as it is; trying again changes nothing."""


class UnsupportedTypeError(DocumentError):
    """No loader reads this type of document."""


class UnreadableDocumentError(DocumentError):
    """The bytes are not what their type promises."""


class DocumentTooLargeError(DocumentError):
    """The document, or what it unfolds to, is over a limit."""


class InvalidMetadataError(DocumentError):
    """The document's metadata breaks a rule of the vector service."""


class WithheldDocumentError(DocumentError):
    """S3 has the document and does not hand it out; that may change while the document does not."""


class ForbiddenDocumentError(WithheldDocumentError):
    """S3 says no more than that the function may not; a function without permissions hears that of all."""


class TemporaryError(IndexingError):
    """Nothing is wrong with the document; the event is worth repeating."""


class BucketUnavailableError(TemporaryError):
    """S3 could not answer now, or not this function."""


class DocumentBusyError(TemporaryError):
    """A worker is at this document for the same message, for `seconds` at most."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class OutOfTimeError(TemporaryError):
    """The invocation ended before the document's turn."""


class DocumentChangedError(TemporaryError):
    """The document was replaced while it was read."""


class EventError(IndexingError):
    """An event of a form, or of a bucket, that this function does not serve."""

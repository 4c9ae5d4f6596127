"""The embedding package's errors.

EmbeddingError
├── ModelUriError (ValueError)   a setting that names no model this package knows; nothing was sent
├── EmbeddingInputError          permanent: the model cannot embed these texts
├── EmbeddingResponseError       the model is at fault: what it answered are no embeddings of these texts
├── EmbeddingAccessError         an operator must act: this caller cannot use this model in this region
└── EmbeddingUnavailableError    throttled, timed out or out of service; repeat later
"""

from collections.abc import Sequence


class EmbeddingError(Exception):
    """The base of every error of this package."""


class ModelUriError(EmbeddingError, ValueError):
    """Not `bedrock://<model id>[?dimensions=<n>]` of a known model."""

    def __init__(self, uri: str, rule: str) -> None:
        super().__init__(f"invalid embedding model {uri!r}: {rule}")
        self.uri = uri


class _TextsError(EmbeddingError):
    def __init__(self, positions: Sequence[int], problem: str) -> None:
        texts = (
            f"text {positions[0]}"
            if len(positions) == 1
            else f"texts {positions[0]} to {positions[-1]}"
        )
        super().__init__(f"{texts}: {problem}")
        self.positions = positions
        """Positions, from 0, in the list of texts that was to be embedded; one of them is at fault."""


class EmbeddingInputError(_TextsError):
    """A text that the model refuses; repeating it changes nothing.

    What the service says of it is in the cause alone: this message may be shown to whoever sent the text.
    """


class EmbeddingResponseError(_TextsError):
    """An answer of the model that cannot be stored as embeddings of its texts.

    The model is at fault, maybe for a while: the same texts may be embedded another time.
    """


class EmbeddingAccessError(EmbeddingError):
    """The model refuses this caller whatever the text: permissions, credentials, region or profile.

    No text is at fault, and waiting does not help: let the message come back, don't fail its document.
    """


class EmbeddingUnavailableError(EmbeddingError):
    """The model gave no answer, for now; every retry of the client is used up."""

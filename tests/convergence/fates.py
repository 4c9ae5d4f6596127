"""What becomes of a request: its answer, an error, or an effect that its sender never hears of."""

from enum import Enum, auto

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from tests.fakes.refusals import refusal

ENDPOINT = "https://service.test"

THROTTLING = {
    "bedrock-runtime": "ThrottlingException",
    "dynamodb": "ProvisionedThroughputExceededException",
    "s3": "SlowDown",
    "s3vectors": "TooManyRequestsException",
    "sqs": "ThrottlingException",
}


class Fate(Enum):
    """Of one attempt of a request."""

    ANSWERED = auto()
    THROTTLED = auto()
    UNAVAILABLE = auto()
    """Answered with 503."""
    RESET = auto()
    """The connection broke before anything was done."""
    LOST = auto()
    """It was carried out, and the connection broke before the answer."""
    LATE = auto()
    """It timed out, and is carried out later."""
    DIES_BEFORE = auto()
    """The worker dies, and nothing was sent."""
    DIES_AFTER = auto()
    """The worker dies, and it was carried out."""
    DIES_LATE = auto()
    """The worker dies, and it is carried out later."""


FAULTS = (Fate.THROTTLED, Fate.UNAVAILABLE, Fate.RESET, Fate.LOST, Fate.LATE)
DEATHS = (Fate.DIES_BEFORE, Fate.DIES_AFTER, Fate.DIES_LATE)
IS_SENT = frozenset({Fate.LOST, Fate.DIES_AFTER})
IS_LATE = frozenset({Fate.LATE, Fate.DIES_LATE})


def error(fate, service, operation):
    """What the sender of a request with that fate gets for an answer."""
    if fate is Fate.THROTTLED:
        return refusal(THROTTLING[service], operation, "on demand", status=429)
    if fate is Fate.UNAVAILABLE:
        return refusal("ServiceUnavailableException", operation, "on demand", status=503)
    if fate is Fate.LATE:
        return ReadTimeoutError(endpoint_url=ENDPOINT)
    return ConnectionClosedError(endpoint_url=ENDPOINT)

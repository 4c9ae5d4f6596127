"""What is known of a request when its service has carried it out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """A request that was answered, but whose answer has not gone out yet."""

    method: str
    target: str
    """The header `X-Amz-Target`: `DynamoDB_20120810.PutItem`."""
    body: bytes
    succeeded: bool

"""What a request needs of the KMS key that encrypts what it is about; the service asks for the caller."""

from collections.abc import Iterable, Iterator

from local.authorization.needs import Need

READS = ("kms:Decrypt",)
READS_AND_WRITES = ("kms:Decrypt", "kms:GenerateDataKey")

_OF_ACTIONS = {
    "s3:GetObject": READS,
    "s3:GetObjectVersion": READS,
    "sqs:ReceiveMessage": READS,
    "sqs:SendMessage": READS_AND_WRITES,
}


def key_needs(needs: Iterable[Need], key_arn: str, service: str, region: str) -> Iterator[Need]:
    """Yield what the needs of a request entail where the service encrypts with this key.

    After the services' documentation: DynamoDB decrypts the table's key for every item that is read
    or written.
    """
    via = {"kms:viaservice": (f"{service}.{region}.amazonaws.com",)}
    for need in needs:
        of_items = READS if service == "dynamodb" else ()
        for action in _OF_ACTIONS.get(need.action, of_items):
            yield Need(action, key_arn, via)

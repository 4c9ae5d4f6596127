import pytest

from local.authorization.key_needs import key_needs
from local.authorization.needs import Need

KEY = "arn:aws:kms:us-east-1:123456789012:key/1234"


@pytest.mark.parametrize(
    ("service", "action", "entailed"),
    [
        ("s3", "s3:GetObject", ["kms:Decrypt"]),
        ("s3", "s3:ListBucket", []),
        ("sqs", "sqs:ReceiveMessage", ["kms:Decrypt"]),
        ("sqs", "sqs:SendMessage", ["kms:Decrypt", "kms:GenerateDataKey"]),
        ("sqs", "sqs:ChangeMessageVisibility", []),
        ("dynamodb", "dynamodb:Query", ["kms:Decrypt"]),
        ("dynamodb", "dynamodb:PutItem", ["kms:Decrypt"]),
    ],
)
def test_a_request_about_what_is_encrypted_needs_the_key_through_the_service(
    service, action, entailed
):
    found = list(key_needs([Need(action, "x")], KEY, service, "us-east-1"))

    via = {"kms:viaservice": (f"{service}.us-east-1.amazonaws.com",)}
    assert found == [Need(name, KEY, via) for name in entailed]

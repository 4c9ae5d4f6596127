"""A service's refusal, as a botocore client raises it."""

from botocore.exceptions import ClientError


def refusal(code, operation, message="", *, status=400, **parts):
    """An error of that code; `parts` are further members of the response."""
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **parts,
    }
    return ClientError(response, operation)

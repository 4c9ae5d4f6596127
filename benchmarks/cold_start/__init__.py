"""Cold starts in Lambda containers, against a handler that only makes a client with boto3."""

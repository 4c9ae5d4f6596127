"""Work that was pending when the process before this one ended: its queue was not kept."""

import json
from urllib.parse import quote_plus

from documents.document_key import document_key
from local.stack import LocalStack

LAPSED = 1
"""A lease that ended long ago (in seconds since 1970), yet was not given back: 0 would say so."""

MAX_BATCH_MESSAGES = 10
"""Of SendMessageBatch."""


def redeliver(stack: LocalStack) -> None:
    """Return with a notification in the queue for each document that bucket or catalog knows.

    The indexing function compares, and has nothing to do where both agree. Workers that held a
    document ended with the process: their leases lapse, so that nobody waits for them.
    """
    dynamodb, s3, sqs = stack.client("dynamodb"), stack.client("s3"), stack.client("sqs")
    entries = dynamodb.get_paginator("scan").paginate(
        TableName=stack.catalog_table,
        FilterExpression="attribute_exists(lease_until)",
        ProjectionExpression="pk, sk, lease_until",
    )
    keys: set[str] = set()
    for entry in entries.search("Items[]"):
        keys.add(entry["sk"]["S"])
        if int(entry["lease_until"]["N"]) > LAPSED:
            dynamodb.update_item(
                TableName=stack.catalog_table,
                Key={"pk": entry["pk"], "sk": entry["sk"]},
                UpdateExpression="SET lease_until = :lapsed",
                ExpressionAttributeValues={":lapsed": {"N": str(LAPSED)}},
            )
    objects = s3.get_paginator("list_objects_v2").paginate(Bucket=stack.documents_bucket)
    keys.update(found["Key"] for found in objects.search("Contents[]") if found)
    documents = sorted({document.key for key in keys if (document := document_key(key))})
    for start in range(0, len(documents), MAX_BATCH_MESSAGES):
        sqs.send_message_batch(
            QueueUrl=stack.queue_url,
            Entries=[
                {"Id": str(position), "MessageBody": _notification(stack.documents_bucket, key)}
                for position, key in enumerate(documents[start : start + MAX_BATCH_MESSAGES])
            ],
        )


def _notification(bucket_name: str, key: str) -> str:
    """What S3 sends, as far as the indexing function reads it."""
    changed = {"bucket": {"name": bucket_name}, "object": {"key": quote_plus(key)}}
    record = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": changed}
    return json.dumps({"Records": [record]})

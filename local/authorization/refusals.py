"""AccessDenied, as each service puts it."""

import uuid
from xml.sax.saxutils import escape

import orjson
from werkzeug.wrappers import Response


def refusal(service: str, message: str) -> Response:
    """Return a service's answer to a request that its caller may not make.

    Codes and statuses are those of AWS: DynamoDB says AccessDeniedException with 400, SQS in its
    JSON protocol what it said in the older one.
    """
    request_id = str(uuid.uuid4())
    match service:
        case "s3":
            body = f"<Error>{_code_and_message(message)}<RequestId>{request_id}</RequestId></Error>"
            return Response(body, 403, {"x-amz-request-id": request_id}, content_type="text/xml")
        case "cloudformation" | "sts":
            error = f"<Error><Type>Sender</Type>{_code_and_message(message)}</Error>"
            body = f"<ErrorResponse>{error}<RequestId>{request_id}</RequestId></ErrorResponse>"
            return Response(body, 403, content_type="text/xml")
        case "sqs":
            headers = {"x-amzn-query-error": "AccessDenied;Sender"}
            return _json(message, 403, headers, content_type="application/x-amz-json-1.0")
        case "dynamodb":
            return _json(message, 400, {}, content_type="application/x-amz-json-1.0")
    headers = {"x-amzn-errortype": "AccessDeniedException"}
    return _json(message, 403, headers, content_type="application/json")


def _json(message: str, status: int, headers: dict[str, str], *, content_type: str) -> Response:
    body = {"__type": "com.amazon.coral.service#AccessDeniedException", "message": message}
    return Response(orjson.dumps(body), status, headers, content_type=content_type)


def _code_and_message(message: str) -> str:
    return f"<Code>AccessDenied</Code><Message>{escape(message)}</Message>"

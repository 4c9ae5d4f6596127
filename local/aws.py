"""AWS on one endpoint: moto's S3, SQS, DynamoDB and STS, the local S3 Vectors, and Bedrock."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from local import bedrock, s3vectors
from local.s3_notifications import notify_of_deletions
from local.s3vectors.admin import PREFIX as ADMIN_PREFIX

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_SIGNING_NAME = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")


class AwsEndpoint:
    """The WSGI application: the service that a request is signed for answers it.

    `bedrock_runtime` may be another than the one that really embeds. What moto keeps is shared by
    all endpoints of a process; vectors are each endpoint's own.
    """

    def __init__(self, *, bedrock_runtime: "WSGIApplication" = bedrock.application) -> None:
        notify_of_deletions()
        self._services: dict[str, WSGIApplication] = {
            "bedrock": bedrock_runtime,
            "s3vectors": s3vectors.application(s3vectors.S3VectorsService()),
        }
        self._others: WSGIApplication = DomainDispatcherApplication(create_backend_app)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        return self._service(environ)(environ, start_response)

    def _service(self, environ: "WSGIEnvironment") -> "WSGIApplication":
        if environ.get("PATH_INFO", "").startswith(ADMIN_PREFIX):
            return self._services["s3vectors"]
        signed = _SIGNING_NAME.search(environ.get("HTTP_AUTHORIZATION", ""))
        return self._services.get(signed[1], self._others) if signed else self._others

"""AWS on one endpoint: moto's services, the local S3 Vectors, Bedrock and CloudFormation."""

from collections.abc import Iterable, Mapping, MutableMapping
from contextlib import ExitStack, closing
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from local import bedrock, cloudformation, s3vectors
from local.authorization import AssumedRoles, Authorized, Role, Signature
from local.durable import KeptStack
from local.s3_notifications import notify_as_s3
from local.s3_tagging import tag_as_s3
from local.s3vectors.admin import PREFIX as ADMIN_PREFIX
from local.sqs_queue import queue_as_sqs

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MOTO_ADMIN_PREFIX = "/moto-api/"

LOADED_SLOWLY = ("moto.ssm.responses", "moto.ssm.urls", "moto.sts.responses", "moto.sts.urls")
"""moto loads a service at its first request; on a busy machine these take longer than functions wait."""


class AwsEndpoint:
    """The WSGI application: the service that a request is signed for answers it.

    `bedrock_runtime` may be another than the one that really embeds. What moto keeps is shared by
    all endpoints of a process; vectors are each endpoint's own. A `data` folder keeps the vectors,
    and from `restore` on a bucket and a table too; until `close`, no other process can have it.
    Raises DataFolderError where the folder cannot be used.

    With `principals`, by access key id, a caller may do what its statements allow; without,
    everyone may do everything. `roles`, by ARN, can be assumed: each session becomes a principal.
    `keys`, by service, are the KMS keys (ARNs) that bucket, queues and table are encrypted with.
    `stacks` are what CloudFormation knows, by name. The mappings are read at every request.
    Buckets are in the path.
    """

    def __init__(
        self,
        *,
        bedrock_runtime: "WSGIApplication" = bedrock.application,
        data: Path | None = None,
        principals: MutableMapping[str, s3vectors.Principal] | None = None,
        roles: Mapping[str, Role] = MappingProxyType({}),
        keys: Mapping[str, str] = MappingProxyType({}),
        stacks: Mapping[str, cloudformation.StackDescription] = MappingProxyType({}),
    ) -> None:
        notify_as_s3()
        tag_as_s3()
        queue_as_sqs()
        for module in LOADED_SLOWLY:
            import_module(module)
        moto: WSGIApplication = DomainDispatcherApplication(create_backend_app)
        with ExitStack() as opened:
            self._kept = opened.enter_context(closing(KeptStack(data))) if data else None
            vectors = opened.enter_context(
                closing(s3vectors.S3VectorsService(data=data, principals=principals))
            )
            self._opened = opened.pop_all()
        self._services: dict[str, WSGIApplication] = {
            "bedrock": bedrock_runtime,
            "cloudformation": cloudformation.application(stacks),
            "s3": self._kept.s3(moto) if self._kept else moto,
            "dynamodb": self._kept.dynamodb(moto) if self._kept else moto,
        }
        self._others: WSGIApplication = moto
        if principals is not None:
            self._services["sts"] = AssumedRoles(moto, principals, roles)
            self._services = {
                name: Authorized(service, principals, keys)
                for name, service in self._services.items()
            }
            self._others = Authorized(moto, principals, keys)
        self._services["s3vectors"] = s3vectors.application(vectors)  # knows the principals
        self._administration = {ADMIN_PREFIX: self._services["s3vectors"], MOTO_ADMIN_PREFIX: moto}

    def restore(self, *, bucket_name: str, table_name: str) -> None:
        """Put what the data folder keeps into the bucket and the table, which were made anew.

        Raises DataFolderError when the folder is of another bucket or table.
        """
        if self._kept:
            self._kept.restore(bucket_name=bucket_name, table_name=table_name)

    def close(self) -> None:
        """Close the data folder."""
        self._opened.close()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        return self._service(environ)(environ, start_response)

    def _service(self, environ: "WSGIEnvironment") -> "WSGIApplication":
        for prefix, administration in self._administration.items():
            if environ.get("PATH_INFO", "").startswith(prefix):
                return administration
        signature = Signature.of(environ)
        # Unsigned: S3, as moto has it.
        return self._services.get(signature.service if signature else "s3", self._others)

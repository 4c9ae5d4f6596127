"""A service whose callers may do what their roles allow, and nothing else."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from local.authorization.key_needs import key_needs
from local.authorization.needs import Need, needs, to_learn_of_absence, to_learn_of_tags
from local.authorization.refusals import refusal
from local.authorization.signature import Signature
from local.s3vectors import Principal
from local.template import ACCOUNT_ID

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

TAG_COUNT_HEADER = "x-amz-tagging-count"


class Authorized:
    """The WSGI application: a request that its caller may make is the inner application's to answer.

    `principals`, by access key id, and `keys`, the ARNs of KMS keys by service, are read at every
    request. A request of nobody is refused.
    """

    def __init__(
        self,
        application: "WSGIApplication",
        principals: Mapping[str, Principal],
        keys: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._application = application
        self._principals = principals
        self._keys = keys

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        return self._answering(environ)(environ, start_response)

    def _answering(self, environ: "WSGIEnvironment") -> "WSGIApplication":
        signature = Signature.of(environ)
        if signature is None:
            return refusal("s3", "The request is not signed")
        principal = self._principals.get(signature.access_key_id)
        if principal is None:
            key = signature.access_key_id
            return refusal(signature.service, f"There is no principal of access key id {key!r}")
        request = Request(environ)
        asked = needs(request, signature.service, signature.region)
        kms_key = self._keys.get(signature.service)
        if kms_key:
            asked = [*asked, *key_needs(asked, kms_key, signature.service, signature.region)]
        for need in asked:
            denial = _denial(principal, need, signature)
            if denial:
                return refusal(signature.service, denial)
        if signature.service != "s3":
            return self._application
        return self._withholding(request, principal, signature)

    def _withholding(
        self, request: Request, principal: Principal, signature: Signature
    ) -> Response:
        """S3's answer, without what its reader may not learn by it."""
        response = Response.from_app(self._application, request.environ, buffered=True)
        listing, tagging = to_learn_of_absence(request), to_learn_of_tags(request)
        if response.status_code == HTTPStatus.NOT_FOUND and listing:
            denial = _denial(principal, listing, signature)
            if denial:
                return refusal("s3", denial)
        if TAG_COUNT_HEADER in response.headers and _denial(principal, tagging, signature):
            del response.headers[TAG_COUNT_HEADER]
        return response


def _denial(principal: Principal, need: Need, signature: Signature) -> str | None:
    context = principal.context(region=signature.region, account_id=ACCOUNT_ID)
    return principal.denial(need.action, need.resource, {**context, **need.context})

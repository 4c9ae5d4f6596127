"""A service whose callers may do what their roles allow, and nothing else."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from local.authorization.needs import Need, needs, to_learn_of_absence
from local.authorization.refusals import refusal
from local.authorization.signature import Signature
from local.s3vectors import Principal
from local.template import ACCOUNT_ID

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Authorized:
    """The WSGI application: a request that its caller may make is the inner application's to answer.

    `principals`, by access key id, is read at every request. A request of nobody is refused.
    """

    def __init__(self, application: "WSGIApplication", principals: Mapping[str, Principal]) -> None:
        self._application = application
        self._principals = principals

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
        for need in needs(request, signature.service, signature.region):
            denial = _denial(principal, need, signature)
            if denial:
                return refusal(signature.service, denial)
        listing = to_learn_of_absence(request, signature.service)
        if listing:
            denial = _denial(principal, listing, signature)
            if denial:
                return self._unless_absent(environ, denial)
        return self._application

    def _unless_absent(self, environ: "WSGIEnvironment", denial: str) -> Response:
        response = Response.from_app(self._application, environ, buffered=True)
        return refusal("s3", denial) if response.status_code == HTTPStatus.NOT_FOUND else response


def _denial(principal: Principal, need: Need, signature: Signature) -> str | None:
    context = principal.context(region=signature.region, account_id=ACCOUNT_ID)
    return principal.denial(need.action, need.resource, context)

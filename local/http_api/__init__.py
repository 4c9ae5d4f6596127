"""API Gateway's HTTP API on this machine: routes, authorizers, CORS, and events for a handler."""

from local.http_api.authorizers import Authorizer, IamAuthorizer, JwtAuthorizer
from local.http_api.gateway import MAX_BODY_BYTES, HttpApi
from local.http_api.routes import Cors, Route, cors, routes

__all__ = [
    "MAX_BODY_BYTES",
    "Authorizer",
    "Cors",
    "HttpApi",
    "IamAuthorizer",
    "JwtAuthorizer",
    "Route",
    "cors",
    "routes",
]

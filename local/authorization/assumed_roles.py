"""Sessions of roles: who may begin one, and as whom its credentials then call."""

import io
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import xmltodict
from werkzeug.wrappers import Request, Response

from local.authorization.refusals import refusal
from local.authorization.signature import Signature
from local.s3vectors import Principal
from local.s3vectors.access.statements import ALLOW, DENY, parse_resource_statements
from local.template import ACCOUNT_ID

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from local.s3vectors.access.patterns import Context


@dataclass(frozen=True, slots=True)
class Role:
    """A role: who may assume it, and what its sessions may do; statements as in policy documents."""

    arn: str
    trust: tuple[Mapping[str, Any], ...]
    statements: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class AssumeRole:
    """A request to STS for a session of a role."""

    role_arn: str
    session_name: str
    tags: Mapping[str, str]

    @classmethod
    def of(cls, request: Request) -> "AssumeRole | None":
        """Return what a request asks for; None for another operation of STS."""
        data = request.get_data()
        request.environ["wsgi.input"] = io.BytesIO(data)  # for who answers the request
        form = {name: values[-1] for name, values in parse_qs(data.decode()).items()}
        if form.get("Action") != "AssumeRole":
            return None
        return cls(form.get("RoleArn", ""), form.get("RoleSessionName", ""), dict(_tags(form)))

    @property
    def actions(self) -> tuple[str, ...]:
        """What it needs to be allowed, on the role, by the caller's statements and by the role's trust."""
        return ("sts:AssumeRole", "sts:TagSession") if self.tags else ("sts:AssumeRole",)

    @property
    def context(self) -> "Context":
        """The condition keys that it brings."""
        keys = {f"aws:requesttag/{key}".lower(): (value,) for key, value in self.tags.items()}
        return {
            "sts:rolesessionname": (self.session_name,),
            **keys,
            **({"aws:tagkeys": tuple(self.tags)} if self.tags else {}),
        }


class AssumedRoles:
    """The WSGI application: STS, whose sessions are principals with their role's statements and tags.

    Whoever asks must be named by the role's trust policy, also where their own statements allow it.
    """

    def __init__(
        self,
        application: "WSGIApplication",
        principals: MutableMapping[str, Principal],
        roles: Mapping[str, Role],
    ) -> None:
        self._application = application
        self._principals = principals
        self._roles = roles

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        return self._answering(environ)(environ, start_response)

    def _answering(self, environ: "WSGIEnvironment") -> "WSGIApplication":
        asked, signature = AssumeRole.of(Request(environ)), Signature.of(environ)
        if asked is None or signature is None:
            return self._application
        caller, role = self._principals[signature.access_key_id], self._roles.get(asked.role_arn)
        if role is None or not _trusts(role, caller, asked, signature.region):
            actions = " or ".join(asked.actions)
            return refusal(
                "sts",
                f"User: {caller.arn} is not authorized to perform: {actions} on {asked.role_arn}",
            )
        response = Response.from_app(self._application, environ, buffered=True)
        if response.status_code == HTTPStatus.OK:
            self._begin(role, asked, response)
        return response

    def _begin(self, role: Role, asked: AssumeRole, response: Response) -> None:
        answer = xmltodict.parse(response.get_data())["AssumeRoleResponse"]["AssumeRoleResult"]
        self._principals[answer["Credentials"]["AccessKeyId"]] = Principal(
            answer["AssumedRoleUser"]["Arn"], role.statements, asked.tags
        )


def _trusts(role: Role, caller: Principal, asked: AssumeRole, region: str) -> bool:
    names = {"*", caller.arn, caller.role_arn, ACCOUNT_ID, f"arn:aws:iam::{ACCOUNT_ID}:root"}
    context = {**caller.context(region=region, account_id=ACCOUNT_ID), **asked.context}
    # Of a trust policy the role is the only resource.
    document = {"Statement": [{**statement, "Resource": role.arn} for statement in role.trust]}
    statements = [
        statement
        for statement in parse_resource_statements(document)
        if not names.isdisjoint(statement.principals or ())
    ]
    for action in asked.actions:
        effects = {s.effect for s in statements if s.concerns(action, role.arn, context)}
        if ALLOW not in effects or DENY in effects:
            return False
    return True


def _tags(form: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    number = 1
    while f"Tags.member.{number}.Key" in form:
        yield form[f"Tags.member.{number}.Key"], form.get(f"Tags.member.{number}.Value", "")
        number += 1

"""CloudFormation, as far as the operator's command asks it: what a stack was deployed with, and made."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

from werkzeug import Request, Response

from local.template import ACCOUNT_ID, REGION

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"


@dataclass(frozen=True, slots=True)
class StackDescription:
    """What DescribeStacks says of a stack."""

    parameters: Mapping[str, str]
    outputs: Mapping[str, str]


def application(stacks: Mapping[str, StackDescription]) -> "WSGIApplication":
    """Return the service that describes these stacks, by name; the mapping is read at every request."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        asked = Request(environ).form
        action, name = asked.get("Action", ""), asked.get("StackName", "")
        if action != "DescribeStacks":
            document = _error("InvalidAction", f"Could not find operation {action}")
        elif name not in stacks:
            document = _error("ValidationError", f"Stack with id {name} does not exist")
        else:
            document = _description(name, stacks[name])
        status = 400 if document.tag == "ErrorResponse" else 200
        response = Response(tostring(document), status=status, content_type="text/xml")
        return response(environ, start_response)

    return answer


def _description(name: str, stack: StackDescription) -> Element:
    root = Element("DescribeStacksResponse", xmlns=NAMESPACE)
    stacks = SubElement(SubElement(root, "DescribeStacksResult"), "Stacks")
    member = SubElement(stacks, "member")
    _texts(
        member,
        StackName=name,
        StackId=f"arn:aws:cloudformation:{REGION}:{ACCOUNT_ID}:stack/{name}/local",
        CreationTime="2026-01-01T00:00:00Z",
        StackStatus="CREATE_COMPLETE",
    )
    parameters, outputs = SubElement(member, "Parameters"), SubElement(member, "Outputs")
    for key, value in stack.parameters.items():
        _texts(SubElement(parameters, "member"), ParameterKey=key, ParameterValue=value)
    for key, value in stack.outputs.items():
        _texts(SubElement(outputs, "member"), OutputKey=key, OutputValue=value)
    return root


def _error(code: str, message: str) -> Element:
    root = Element("ErrorResponse", xmlns=NAMESPACE)
    _texts(SubElement(root, "Error"), Type="Sender", Code=code, Message=message)
    return root


def _texts(parent: Element, **texts: str) -> None:
    for name, text in texts.items():
        SubElement(parent, name).text = text

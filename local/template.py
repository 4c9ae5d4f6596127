"""template.yaml as this machine reads it: what the deployment declares, with its references resolved."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from local.template_parameters import refused_values

TEMPLATE_PATH = Path(__file__).parents[1] / "template.yaml"

ACCOUNT_ID = "123456789012"
REGION = "us-east-1"

_NO_VALUE = object()
_VARIABLE = re.compile(r"\$\{([^}]+)\}")


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms: `!Sub x` becomes `{"Fn::Sub": x}`."""


def _short_form(loader: yaml.Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)  # noqa: S101 - there are no other kinds
        value = loader.construct_mapping(node, deep=True)
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {tag if tag in {"Ref", "Condition"} else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _short_form)


@cache
def template_content() -> Mapping[str, Any]:
    """Return the project's own template as it is written, with short forms as objects."""
    # S506: the loader is a SafeLoader with CloudFormation's tags.
    return yaml.load(TEMPLATE_PATH.read_text(), Loader=_Loader)  # type: ignore[no-any-return]  # noqa: S506


class Template:
    """A SAM template with parameters chosen; knows what `Ref` and `GetAtt` give of its resources.

    `resource_values` says so for the resources that this machine creates: (logical id, attribute)
    to value, with an empty attribute for `Ref`.
    """

    def __init__(
        self,
        content: Mapping[str, Any],
        *,
        stack_name: str,
        parameters: Mapping[str, str],
        resource_values: Callable[[str, str], str],
    ) -> None:
        self.stack_name = stack_name
        self._content = content
        self._resource_values = resource_values
        self._references: dict[str, Any] = {
            "AWS::StackName": stack_name,
            "AWS::AccountId": ACCOUNT_ID,
            "AWS::Region": REGION,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::NoValue": _NO_VALUE,
        }
        for name, declaration in content["Parameters"].items():
            value = parameters.get(name, declaration.get("Default"))
            if value is None:
                raise KeyError(f"parameter {name} has no default and was not given")
            self._references[name] = value
        self.parameters = {name: str(self._references[name]) for name in content["Parameters"]}
        self._holding: dict[str, bool] = {}

    @classmethod
    def load(cls, **settings: Any) -> "Template":
        """Return the project's own template."""
        return cls(template_content(), **settings)

    def refusals(self) -> list[str]:
        """Return why CloudFormation would not deploy these parameters, one sentence for each reason."""
        broken = [
            assertion["AssertDescription"]
            for rule in self._content.get("Rules", {}).values()
            if self.resolve(rule.get("RuleCondition", True))
            for assertion in rule["Assertions"]
            if not self.resolve(assertion["Assert"])
        ]
        return [*refused_values(self._content["Parameters"], self.parameters), *broken]

    def logical_ids(self, resource_type: str) -> list[str]:
        """Return the resources of one type, e.g. `AWS::Serverless::Function`, whose conditions hold."""
        return [name for name, kind in self.resource_types().items() if kind == resource_type]

    def resource_types(self) -> dict[str, str]:
        """Return the type of each resource whose condition holds, by logical id."""
        return {
            logical_id: resource["Type"]
            for logical_id, resource in self._content["Resources"].items()
            if self.holds(resource.get("Condition"))
        }

    def properties(self, logical_id: str) -> Any:
        """Return a resource's properties, resolved."""
        return self.resolve(self._content["Resources"][logical_id]["Properties"])

    def output(self, name: str) -> str:
        """Return the value of one of the stack's outputs."""
        return str(self.resolve(self._content["Outputs"][name]["Value"]))

    def referred(self, logical_id: str, name: str) -> str:
        """Return the resource that a property, which may be a list of one, names by its logical id."""
        value = self._content["Resources"][logical_id]["Properties"][name]
        if isinstance(value, list):
            (value,) = value
        match value:
            case {"Ref": str(target)} | {"Fn::GetAtt": [str(target), _]}:
                return target
            case {"Fn::Sub": str(text)}:
                names = {str(found).partition(".")[0] for found in _VARIABLE.findall(text)}
                (target,) = names & set(self._content["Resources"])
                return target
        raise NotImplementedError(f"{logical_id}.{name} names no resource: {value!r}")

    def environment(self, function: str) -> dict[str, str]:
        """Return the variables that a function is deployed with."""
        declared = [
            self._content["Globals"]["Function"].get("Environment", {}),
            self._content["Resources"][function]["Properties"].get("Environment", {}),
        ]
        variables: dict[str, str] = {}
        for part in declared:
            variables |= {k: str(v) for k, v in self.resolve(part.get("Variables", {})).items()}
        return variables

    def resolve(self, value: Any) -> Any:
        """Return a value with every intrinsic function in it carried out."""
        if isinstance(value, list):
            resolved = [self.resolve(element) for element in value]
            return [element for element in resolved if element is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._call(name, argument)
        properties = {name: self.resolve(element) for name, element in value.items()}
        return {name: v for name, v in properties.items() if v is not _NO_VALUE}

    def holds(self, condition: str | None) -> bool:
        """Whether a condition, by its name, holds with these parameters; None always does."""
        if condition is None:
            return True
        if condition not in self._holding:
            self._holding[condition] = bool(self.resolve(self._content["Conditions"][condition]))
        return self._holding[condition]

    def _call(self, name: str, argument: Any) -> Any:  # noqa: PLR0911 - one return a function
        match name, argument:
            case "Ref", _:
                return self._reference(argument)
            case "Fn::GetAtt", [logical_id, attribute]:
                return self._resource_values(logical_id, attribute)
            case "Fn::Sub", str():
                return self._substitute(argument, {})
            case "Fn::Sub", [text, variables]:
                return self._substitute(text, self.resolve(variables))
            case "Fn::Select", [index, elements]:
                return self.resolve(elements)[int(index)]
            case "Fn::Split", [delimiter, text]:
                return self.resolve(text).split(delimiter)
            case "Fn::Equals" | "Fn::Not" | "Fn::Or", _:
                return self._decide(name, self.resolve(argument))
            case "Fn::FindInMap", [mapping, top, second]:
                return self._content["Mappings"][mapping][self.resolve(top)][second]
            case "Fn::If", [condition, yes, no]:
                return self.resolve(yes if self.holds(condition) else no)
        raise NotImplementedError(f"the template uses {name}, which the local stack cannot resolve")

    @staticmethod
    def _decide(name: str, given: list[Any]) -> bool:
        if name == "Fn::Equals":
            one, other = map(str, given)
            return one == other
        return any(given) if name == "Fn::Or" else not given[0]

    def _reference(self, name: str) -> Any:
        if name in self._references:
            return self._references[name]
        return self._resource_values(name, "")

    def _substitute(self, text: str, variables: Mapping[str, Any]) -> str:
        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name in variables:
                return str(variables[name])
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            logical_id, dot, attribute = name.partition(".")
            return str(
                self._resource_values(logical_id, attribute) if dot else self._reference(name)
            )

        return _VARIABLE.sub(value, text)

"""Which values of a template's parameters CloudFormation refuses, by what their declarations say."""

import re
from collections.abc import Iterator, Mapping
from typing import Any


def refused_values(
    declarations: Mapping[str, Mapping[str, Any]], values: Mapping[str, str]
) -> Iterator[str]:
    """Yield a sentence for each value that its parameter does not take."""
    for name, declaration in declarations.items():
        reason = _reason(declaration, values[name])
        if reason:
            yield f"parameter {name} is {values[name]!r}: {reason}"


def _reason(declaration: Mapping[str, Any], value: str) -> str | None:
    allowed = declaration.get("AllowedValues")
    if allowed and value not in map(str, allowed):
        return f"expected one of {', '.join(map(str, allowed))}"
    pattern = declaration.get("AllowedPattern")
    if pattern and not re.fullmatch(pattern, value):
        return str(declaration["ConstraintDescription"])
    if len(value) > declaration.get("MaxLength", len(value)):
        return f"longer than {declaration['MaxLength']} characters"
    if declaration["Type"] != "Number":
        return None
    number = float(value)
    least, most = declaration.get("MinValue", number), declaration.get("MaxValue", number)
    return None if least <= number <= most else f"expected {least} to {most}"

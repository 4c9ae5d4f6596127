"""Request bodies, checked against a model's schema as strictly as the service does it."""

from typing import Self

from pydantic import BaseModel, ConfigDict
from pydantic import ValidationError as SchemaError

from local.bedrock.errors import ValidationError


class RequestBody(BaseModel):
    """A JSON object with exactly these keys, and no value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Return the request; raises ValidationError, which lists what breaks the schema."""
        try:
            return cls.model_validate_json(body)
        except SchemaError as error:
            violations = ", ".join(
                f"#/{'/'.join(map(str, violation['loc']))}: {violation['msg']}"
                for violation in error.errors(include_url=False)
            )
            raise ValidationError(
                f"Malformed input request: {violations}, please reformat your input and try again."
            ) from error

"""Answers full of vectors, read by orjson: botocore's parser visits every number."""

from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from mypy_boto3_s3vectors import S3VectorsClient

OPERATIONS = ("QueryVectors", "GetVectors", "ListVectors")
"""Their answers are JSON through and through: nothing in them has another form in Python."""

_EMPTY = b"{}"


def read_answers(client: "S3VectorsClient") -> None:
    """Have the client read the answers of OPERATIONS so; errors it reads as ever."""
    for operation in OPERATIONS:
        client.meta.events.register(
            f"before-parse.s3vectors.{operation}", _read, unique_id=f"dropvec_answer.{operation}"
        )


def _read(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any
) -> None:
    if response_dict["status_code"] != 200:
        return
    try:
        answer = orjson.loads(response_dict["body"])
    except orjson.JSONDecodeError:
        return  # it is botocore's, as every other that is not as it should be
    if isinstance(answer, dict):
        answer["vectors"] = [_without_null(vector) for vector in answer.get("vectors") or ()]
        customized_response_dict.update(_without_null(answer))
        response_dict["body"] = _EMPTY


def _without_null(members: dict[str, Any]) -> dict[str, Any]:
    """As botocore has it: what is null is not there."""
    return {name: value for name, value in members.items() if value is not None}

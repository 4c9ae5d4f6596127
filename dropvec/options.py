"""Options that commands share."""

import os
from argparse import ArgumentParser, ArgumentTypeError

from vector_store import TenantId
from vector_store.errors import TenantIdError

DEFAULT_STACK = "dropvec"
"""The name that samconfig.toml deploys under."""


DEFAULT_RATE = 100.0


def add_stack(parser: ArgumentParser) -> None:
    """Let the operator name the deployment: `--stack`, else DROPVEC_STACK, else `dropvec`."""
    parser.add_argument(
        "--stack",
        metavar="NAME",
        default=os.environ.get("DROPVEC_STACK", DEFAULT_STACK),
        help="the deployment's CloudFormation stack (DROPVEC_STACK, or %(default)s)",
    )


def add_rate(parser: ArgumentParser, what: str) -> None:
    """Let the operator bound what is sent: `--rate`, messages a second."""
    parser.add_argument(
        "--rate", metavar="N", type=_rate, default=DEFAULT_RATE, help=f"{what} (%(default)g)"
    )


def tenant_id(text: str) -> TenantId:
    """Return the tenant that an argument names; argparse's error says why it names none."""
    try:
        return TenantId(text)
    except TenantIdError as error:
        raise ArgumentTypeError(str(error)) from error


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0
    if not 0 < rate < float("inf"):
        raise ArgumentTypeError(f"{text!r} is no number of documents a second above 0")
    return rate

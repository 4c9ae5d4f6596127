"""Options that commands share."""

import os
from argparse import ArgumentParser, ArgumentTypeError

from vector_store import TenantId
from vector_store.errors import TenantIdError

DEFAULT_STACK = "dropvec"
"""The name that samconfig.toml deploys under."""


def add_stack(parser: ArgumentParser) -> None:
    """Let the operator name the deployment: `--stack`, else DROPVEC_STACK, else `dropvec`."""
    parser.add_argument(
        "--stack",
        metavar="NAME",
        default=os.environ.get("DROPVEC_STACK", DEFAULT_STACK),
        help="the deployment's CloudFormation stack (DROPVEC_STACK, or %(default)s)",
    )


def tenant_id(text: str) -> TenantId:
    """Return the tenant that an argument names; argparse's error says why it names none."""
    try:
        return TenantId(text)
    except TenantIdError as error:
        raise ArgumentTypeError(str(error)) from error

"""Options that commands share."""

import os
from argparse import ArgumentParser

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

"""`dropvec <command>`: arguments in, an exit code out."""

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from catalog import CatalogError
from dropvec.commands import REGISTRATIONS
from dropvec.errors import CommandError
from dropvec.exit_codes import FAILED, INTERRUPTED
from indexing_queue.requests import QueueUnavailableError
from vector_store.errors import VectorStoreError

if TYPE_CHECKING:
    from dropvec.commands import Commands

FORESEEN_ERRORS = (
    BotoCoreError,
    CatalogError,
    ClientError,
    CommandError,
    QueueUnavailableError,
    VectorStoreError,
)
"""What needs a message, and no traceback."""

DESCRIPTION = """\
Look after a deployment of dropvec. Account, region and endpoint are those of the AWS CLI's
environment variables: AWS_PROFILE, AWS_REGION, and for a local stack AWS_ENDPOINT_URL.
"""


def main(
    arguments: Sequence[str] | None = None,
    *,
    registrations: "Sequence[Callable[[Commands], None]]" = REGISTRATIONS,
) -> int:
    """Return the exit code of the command that the arguments, by default the process's, name."""
    parser = argparse.ArgumentParser(prog="dropvec", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"dropvec {version('dropvec')}")
    commands = parser.add_subparsers(title="commands", metavar="<command>", required=True)
    for register in registrations:
        register(commands)
    chosen = parser.parse_args(arguments)
    try:
        return int(chosen.run(chosen))
    except FORESEEN_ERRORS as error:
        sys.stderr.write(f"dropvec: {error}\n")
        return FAILED
    except KeyboardInterrupt:
        sys.stderr.write("dropvec: interrupted\n")
        return INTERRUPTED

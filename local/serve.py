"""`python -m local.serve`: the local stack, up until Ctrl-C."""

import argparse
import sys
from pathlib import Path
from threading import Event

from local.running import API_PORT, AWS_PORT, commands, running
from local.s3vectors import DataFolderError

UNUSABLE = 2
"""The exit code for arguments that cannot be served, argparse's own."""


def main() -> int:
    """Serve until interrupted."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--api-port", type=int, default=API_PORT)
    arguments.add_argument("--aws-host", default="127.0.0.1")
    arguments.add_argument("--aws-port", type=int, default=AWS_PORT)
    arguments.add_argument(
        "--no-functions",
        action="store_true",
        help="serve the AWS endpoint alone, for functions that run in containers",
    )
    arguments.add_argument(
        "--data", type=Path, help="a folder that keeps documents, catalog and vectors; else memory"
    )
    chosen = arguments.parse_args()
    try:
        with running(
            aws_host=chosen.aws_host,
            aws_port=chosen.aws_port,
            api_port=chosen.api_port,
            with_functions=not chosen.no_functions,
            data=chosen.data,
        ) as deployment:
            print(commands(deployment), "\n\nCtrl-C stops it.", flush=True)  # noqa: T201 - its output
            wait_for_interrupt()
    except DataFolderError as error:
        sys.stderr.write(f"{error}\n")
        return UNUSABLE
    return 0


def wait_for_interrupt() -> None:
    """Return at Ctrl-C."""
    try:
        Event().wait()
    except KeyboardInterrupt:
        sys.stdout.write("\nstopped\n")


if __name__ == "__main__":
    sys.exit(main())

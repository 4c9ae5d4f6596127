"""`python -m local.serve`: the local stack, up until Ctrl-C."""

import argparse
import sys
from threading import Event

from local.running import API_PORT, AWS_PORT, commands, running


def main() -> None:
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
    chosen = arguments.parse_args()
    with running(
        aws_host=chosen.aws_host,
        aws_port=chosen.aws_port,
        api_port=chosen.api_port,
        with_functions=not chosen.no_functions,
    ) as deployment:
        print(commands(deployment), "\n\nCtrl-C stops it.", flush=True)  # noqa: T201 - its output
        wait_for_interrupt()


def wait_for_interrupt() -> None:
    """Return at Ctrl-C."""
    try:
        Event().wait()
    except KeyboardInterrupt:
        sys.stdout.write("\nstopped\n")


if __name__ == "__main__":
    main()

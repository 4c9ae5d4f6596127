"""`dropvec redrive`: dead letters go back into the indexing queue."""

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from typing import TYPE_CHECKING

from botocore.session import Session

from dropvec.dead_letters import DeadLetters
from dropvec.deployment import Deployment
from dropvec.exit_codes import DONE, INTERRUPTED
from dropvec.interrupts import stoppable
from dropvec.options import add_rate, add_stack
from dropvec.progress import Progress
from indexing_queue import sqs_client
from syncing.pace import Pace

if TYPE_CHECKING:
    from dropvec.commands import Commands

DESCRIPTION = """\
Put every dead letter back into the indexing queue, when what it failed for is mended. Each says only
"look at this document", so that old ones do no harm; one that fails again comes back after 12 attempts.

exit codes: 0 done; 1 failed; 2 wrong arguments; 130 stopped, run it again
"""


def register(commands: "Commands") -> None:
    """Add `dropvec redrive`."""
    parser: ArgumentParser = commands.add_parser(
        "redrive",
        help="put dead letters back into the indexing queue",
        description=DESCRIPTION,
        formatter_class=RawDescriptionHelpFormatter,
    )
    add_stack(parser)
    add_rate(parser, "put back so many messages a second at most")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Redrive, and return the exit code."""
    session = Session()
    deployment = Deployment.find(session, arguments.stack)
    letters = DeadLetters(
        sqs_client(session),
        dead_letters_url=deployment.dead_letters_url,
        queue_url=deployment.queue_url,
    )
    with stoppable() as is_stopped, Progress("dead letters") as progress:
        count = letters.redrive(
            Pace(arguments.rate),
            ends=is_stopped,
            moved=lambda moved: progress.advance("put back", moved),
        )
        stopped = is_stopped()
    sys.stdout.write(f"put back: {count:,}\n")
    return INTERRUPTED if stopped else DONE

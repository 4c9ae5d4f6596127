"""`dropvec rebuild`: a catalog from the vectors that are there."""

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from typing import TYPE_CHECKING

from botocore.session import Session

from dropvec.deployment import Deployment
from dropvec.exit_codes import DONE, INTERRUPTED
from dropvec.interrupts import stoppable
from dropvec.options import add_rate, add_stack
from dropvec.progress import Progress
from dropvec.sync_parts import SyncParts
from syncing.paced_requests import PacedRequests
from syncing.scope import EVERYTHING
from vector_store import s3vectors_client
from vector_store.chunk_indexes import ChunkIndexes

if TYPE_CHECKING:
    from dropvec.commands import Commands

DESCRIPTION = """\
Build the catalog anew, after its table was lost: list the vectors of every index, and have each document
that they name looked at. A vector that is as it should be is kept without being embedded again; one of a
former version, or of a document that is gone, is deleted. Then, when the queue is empty, `dropvec sync`
sees to the documents without vectors.

Of a document whose vectors do not come in one page of 1,000, or that has more than 500, some chunks may be
embedded again. What it needs is in docs/operations.md.

exit codes: 0 done; 1 failed; 2 wrong arguments; 130 stopped, run it again
"""


def register(commands: "Commands") -> None:
    """Add `dropvec rebuild`."""
    parser: ArgumentParser = commands.add_parser(
        "rebuild",
        help="build the catalog anew from the vectors, after its table was lost",
        description=DESCRIPTION,
        formatter_class=RawDescriptionHelpFormatter,
    )
    add_stack(parser)
    add_rate(parser, "ask for so many documents a second at most")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Rebuild, and return the exit code."""
    session = Session()
    deployment = Deployment.find(session, arguments.stack)
    parts = SyncParts.of(session, deployment, rate=arguments.rate)
    requests = PacedRequests(parts.queue, parts.pace, dry_run=False)
    indexes = ChunkIndexes(
        s3vectors_client(session), deployment.connection, deployment.text_language
    )
    with stoppable() as is_stopped, Progress("vectors") as progress:
        summary = parts.orphan_vectors.sweep(
            EVERYTHING,
            requests,
            tenants=[name.tenant_id for name in indexes.names()],
            ends=is_stopped,
            seen=lambda count, _found: progress.advance(f"{requests.count:,} asked for", count),
        )
        stopped = is_stopped()
    sys.stdout.write(
        f"vectors: {summary.vectors:,}\n"
        f"  of no document of this bucket, left alone: {summary.foreign:,}\n"
        f"asked for: {requests.count:,}\n"
    )
    return INTERRUPTED if stopped else DONE

"""`dropvec sync`: what bucket and catalog do not agree on is asked to be looked at."""

import shlex
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.session import Session

from dropvec.deployment import Deployment
from dropvec.errors import CommandError
from dropvec.exit_codes import DIFFERENT, DONE, INTERRUPTED
from dropvec.interrupts import stoppable
from dropvec.options import add_rate, add_stack, tenant_id
from dropvec.orphans import sweep
from dropvec.progress import Progress
from dropvec.sync_parts import SyncParts
from syncing.difference import Difference
from syncing.errors import ScopeError, SyncError
from syncing.paced_requests import PacedRequests
from syncing.scope import Scope
from syncing.sightings import Sighting
from syncing.sync import Mode, Summary

if TYPE_CHECKING:
    from dropvec.commands import Commands

DESCRIPTION = """\
Compare the documents bucket with the catalog, and have the indexing function look at each document
that they do not agree on: missing, changed or gone, or indexed by other settings. It fills an index
from an existing bucket, and makes up for lost events.

It can be stopped (Ctrl-C) and run again: what was indexed meanwhile is not asked for again.

exit codes: 0 done; 1 failed; 2 wrong arguments; 3 a dry run found differences; 130 stopped
"""


def register(commands: "Commands") -> None:
    """Add `dropvec sync`."""
    parser = commands.add_parser(
        "sync",
        help="make the indexes equal to the bucket: after lost events, or changed settings",
        description=DESCRIPTION,
        formatter_class=RawDescriptionHelpFormatter,
    )
    add_stack(parser)
    _add_scope(parser)
    parser.add_argument(
        "--after", metavar="KEY", default="", help="begin behind this key, as a stopped run says"
    )
    parser.add_argument(
        "--tags",
        action="store_true",
        help="ask for each document, since no listing shows its tags: the indexing function compares",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="ask for each document, and have each of its vectors read back",
    )
    parser.add_argument(
        "--orphans",
        action="store_true",
        help="then list all vectors and read the whole catalog for what belongs to no document: "
        "about $0.06 per 500,000 vectors, and the reads",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="only say what differs, one document a line"
    )
    add_rate(parser, "ask for so many documents a second at most")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Sync, and return the exit code."""
    mode = Mode(everything=arguments.tags, check=arguments.check, dry_run=arguments.dry_run)
    try:
        scope = Scope(arguments.prefix, arguments.tenant)
    except ScopeError as error:
        raise CommandError(str(error)) from error
    session = Session()
    parts = SyncParts.of(session, Deployment.find(session, arguments.stack), rate=arguments.rate)
    if not mode.dry_run and (waiting := parts.queue.waiting()):
        sys.stderr.write(
            f"{waiting:,} messages are in the queue: their documents may be asked twice\n"
        )
    try:
        with stoppable() as is_stopped:
            found = _compare(parts, scope, arguments.after, mode, is_stopped)
            if arguments.orphans and not is_stopped():
                requests = PacedRequests(parts.queue, parts.pace, dry_run=mode.dry_run)
                found += sweep(parts, scope, requests, dry_run=mode.dry_run, ends=is_stopped)
            if is_stopped():
                return INTERRUPTED
    except SyncError as error:
        raise CommandError(f"{error}; run it again") from error
    return DIFFERENT if mode.dry_run and found else DONE


def _compare(
    parts: SyncParts, scope: Scope, after: str, mode: Mode, is_stopped: Callable[[], bool]
) -> int:
    """Show how the comparison gets on and what came of it; returns how many documents differ."""
    with Progress("documents") as progress:
        summary = parts.sync.run(
            scope,
            after=after,
            mode=mode,
            ends=is_stopped,
            seen=_shown(progress, each=mode.dry_run),
        )
    sys.stdout.write(_said(summary, dry_run=mode.dry_run))
    if summary.stopped_at is not None:
        sys.stderr.write(f"to go on from here: --after {shlex.quote(summary.stopped_at)}\n")
    return summary.asked


def _shown(progress: Progress, *, each: bool) -> Callable[[Sighting, Difference | None], None]:
    differing = 0

    def show(sighting: Sighting, found: Difference | None) -> None:
        nonlocal differing
        if found:
            differing += 1
            if each:
                progress.say(f"{found:<10}  {sighting.key}")
        progress.advance(f"{differing:,} differ")

    return show


def _said(summary: Summary, *, dry_run: bool) -> str:
    lines = [f"documents: {summary.documents:,}"]
    lines += [f"  {found}: {count:,}" for found, count in sorted(summary.differences.items())]
    lines.append(f"{'to ask for' if dry_run else 'asked for'}: {summary.asked:,}")
    return "\n".join(lines) + "\n"


def _add_scope(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--tenant",
        metavar="ID",
        type=tenant_id,
        help="one tenant's documents (default_: the default's)",
    )
    parser.add_argument(
        "--prefix", default="", help="documents whose key in the bucket begins with this"
    )

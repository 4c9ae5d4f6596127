"""`dropvec index upgrade`: full-text search for indexes that were made without it."""

import sys
import time
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from typing import TYPE_CHECKING

from botocore.session import Session

from dropvec.deployment import Deployment
from dropvec.exit_codes import DIFFERENT, DONE, FAILED, INTERRUPTED
from dropvec.interrupts import stoppable
from dropvec.options import add_stack, tenant_id
from vector_store import IndexName, TextSearch, s3vectors_client
from vector_store.chunk_indexes import ChunkIndexes
from vector_store.errors import VectorStoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dropvec.commands import Commands

DESCRIPTION = """\
Add full-text search to the tenants' indexes that lack it: those made before it was there, or in
CLASSIC mode (they are put into ENHANCED mode). Queries are answered meanwhile, by meaning; the
querying function notices within five minutes that there is more.

It needs what no function may do: s3vectors:ListIndexes, GetIndex, GetVectorBucket, UpdateIndexMode
and UpdateMetadataConfiguration; with --new-indexes also PutVectorBucketDefaultIndexMode.

exit codes: 0 done; 1 failed for an index; 2 wrong arguments; 3 a dry run found indexes to upgrade;
130 stopped, run it again
"""

SECONDS_BETWEEN_LOOKS = 10.0
"""While an index is building: GetIndex costs as much as 22 queries."""


def register(commands: "Commands") -> None:
    """Add `dropvec index upgrade`."""
    index = commands.add_parser("index", help="look after the tenants' vector indexes")
    actions = index.add_subparsers(title="commands", metavar="<command>", required=True)
    parser: ArgumentParser = actions.add_parser(
        "upgrade",
        help="add full-text search to indexes that lack it",
        description=DESCRIPTION,
        formatter_class=RawDescriptionHelpFormatter,
    )
    add_stack(parser)
    parser.add_argument(
        "--tenant",
        metavar="ID",
        type=tenant_id,
        help="one tenant's index (default_: the default's)",
    )
    parser.add_argument(
        "--new-indexes",
        action="store_true",
        help="let indexes to come have it too: changes the default mode of the vector bucket to "
        "ENHANCED, for all who use it",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what lacks it")
    parser.add_argument(
        "--no-wait", action="store_true", help="do not wait until full-text search is built"
    )
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Upgrade, and return the exit code."""
    session = Session()
    deployment = Deployment.find(session, arguments.stack)
    connection = deployment.connection
    indexes = ChunkIndexes(s3vectors_client(session), connection, deployment.text_language)
    _see_to_new_indexes(indexes, change=arguments.new_indexes and not arguments.dry_run)
    wanted, building, failed = [], [], False
    for name in indexes.names():
        if arguments.tenant is not None and name.tenant_id != arguments.tenant:
            continue
        wanted.append(name)
        try:
            state = _upgraded(indexes, name, dry_run=arguments.dry_run)
        except VectorStoreError as error:
            failed = True
            sys.stderr.write(f"{name}: {error}\n")
            continue
        if state is not TextSearch.ACTIVE:
            building.append(name)
    if not wanted:
        sys.stdout.write(f"no chunk index in {connection}\n")
    if failed:
        return FAILED
    if arguments.dry_run:
        return DIFFERENT if building else DONE
    if arguments.no_wait:
        return DONE
    with stoppable() as is_stopped:
        return _wait(indexes, building, is_stopped)


def _see_to_new_indexes(indexes: ChunkIndexes, *, change: bool) -> None:
    if indexes.new_indexes_are_enhanced:
        return
    if change:
        indexes.enhance_new_indexes()
        sys.stdout.write("indexes to come will have full-text search\n")
    else:
        sys.stderr.write(
            "indexes to come will lack full-text search too: the vector bucket makes them CLASSIC; "
            "--new-indexes changes that\n"
        )


def _upgraded(indexes: ChunkIndexes, name: IndexName, *, dry_run: bool) -> TextSearch:
    """What the index has after its upgrade was begun, said on standard output."""
    state = indexes.text_search(name)
    if state is TextSearch.ABSENT and not dry_run:
        indexes.add_text_search(name)
        state = TextSearch.BUILDING
    sys.stdout.write(f"{state.value:<8}  {name}\n")
    return state


def _wait(
    indexes: ChunkIndexes, building: list[IndexName], is_stopped: "Callable[[], bool]"
) -> int:
    while building:
        if is_stopped():
            return INTERRUPTED
        for name in list(building):
            if indexes.text_search(name) is TextSearch.ACTIVE:
                building.remove(name)
                sys.stdout.write(f"{TextSearch.ACTIVE.value:<8}  {name}\n")
        if building:
            time.sleep(SECONDS_BETWEEN_LOOKS)
    return DONE

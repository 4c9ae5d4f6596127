"""`dropvec tenant delete`: everything of a tenant, for good."""

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.session import Session

from catalog import Catalog, dynamodb_client
from documents_bucket import s3_client
from dropvec.deployment import Deployment
from dropvec.errors import DeletionError
from dropvec.exit_codes import DIFFERENT, DONE, INTERRUPTED
from dropvec.interrupts import stoppable
from dropvec.options import add_stack, tenant_id
from dropvec.tenant_deletion import TenantDeletion, Traces
from vector_store import IndexName, TenantId, s3vectors_client

if TYPE_CHECKING:
    from dropvec.commands import Commands

DESCRIPTION = """\
Delete a named tenant for good: every version of its documents, what the catalog has of them, its vector
index. Without --yes it only says what is there. At the end all is looked for anew, and said; it is done
when nothing is found. Have nobody write documents of the tenant meanwhile.

It needs what no function may do: s3:ListBucketVersions and DeleteObjectVersion, s3vectors:GetIndex and
DeleteIndex, dynamodb:Scan, Query, GetItem, UpdateItem and DeleteItem, cloudformation:DescribeStacks.

exit codes: 0 nothing is left; 1 failed; 2 wrong arguments; 3 there is something to delete; 130 stopped,
run it again
"""


def register(commands: "Commands") -> None:
    """Add `dropvec tenant delete`."""
    tenant = commands.add_parser("tenant", help="look after a tenant")
    actions = tenant.add_subparsers(title="commands", metavar="<command>", required=True)
    parser: ArgumentParser = actions.add_parser(
        "delete",
        help="delete a tenant's documents and vectors for good",
        description=DESCRIPTION,
        formatter_class=RawDescriptionHelpFormatter,
    )
    add_stack(parser)
    parser.add_argument("tenant", metavar="ID", type=tenant_id)
    parser.add_argument("--yes", action="store_true", help="delete; there is no way back")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Delete, and return the exit code."""
    tenant: TenantId = arguments.tenant
    if tenant.is_default:
        raise DeletionError(
            "the default tenant's documents are all that lie in no tenant's folder: delete those by hand"
        )
    session = Session()
    deployment = Deployment.find(session, arguments.stack)
    connection = deployment.connection
    deletion = TenantDeletion(
        tenant,
        s3=s3_client(session),
        bucket=deployment.documents_bucket,
        catalog=Catalog(dynamodb_client(session), deployment.catalog_table, clock=_now),
        s3vectors=s3vectors_client(session),
        index=IndexName("chunk", tenant, connection.index_prefix),
        vector_bucket=connection.bucket_name,
        clock=_now,
    )
    if not arguments.yes:
        traces = deletion.traces()
        _say(deletion, traces)
        return DIFFERENT if traces else DONE
    with stoppable() as is_stopped:
        deletion.run(ends=is_stopped, waits=_say_waiting)
        if is_stopped():
            return INTERRUPTED
    traces = deletion.traces()
    _say(deletion, traces)
    if traces:
        raise DeletionError("something is left, or has come since: run it again")
    return DONE


def _say_waiting(held: int) -> None:
    sys.stderr.write(f"waiting for workers that hold {held:,} documents\n")


def _say(deletion: TenantDeletion, traces: Traces) -> None:
    sys.stdout.write(
        f"object versions below {deletion.folder}: {traces.versions:,}\n"
        f"catalog items: {traces.items:,}\n"
        f"vector index {deletion.index}: {'there' if traces.has_index else 'none'}\n"
        f"registration of the index: {'there' if traces.is_registered else 'none'}\n"
    )


def _now() -> datetime:
    return datetime.now(UTC)

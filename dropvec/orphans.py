"""The sweeps of `dropvec sync --orphans`: what belongs to no document is shown, and asked to be looked at."""

import sys
from collections.abc import Callable

from dropvec.progress import Progress
from dropvec.sync_parts import SyncParts
from syncing.orphan_items import ItemSummary
from syncing.orphan_vectors import VectorSummary
from syncing.paced_requests import PacedRequests
from syncing.scope import Scope


def sweep(
    parts: SyncParts,
    scope: Scope,
    requests: PacedRequests,
    *,
    dry_run: bool,
    ends: Callable[[], bool],
) -> int:
    """Sweep both, and return how many orphans there were; in a dry run each has its line."""
    orphans = 0
    with Progress("vectors") as progress:

        def show_page(count: int, found: dict[str, int]) -> None:
            nonlocal orphans
            orphans += sum(found.values())
            for key, of_document in found.items():
                if dry_run:
                    progress.say(f"{of_document:,} orphan vectors  {key}")
            progress.advance(f"{orphans:,} orphans", count)

        vectors = parts.orphan_vectors.sweep(scope, requests, ends=ends, seen=show_page)
    with Progress("orphan items") as progress:

        def show_item(what: str, key: str) -> None:
            if dry_run:
                progress.say(f"{what}  {key}")
            progress.advance(what)

        items = parts.orphan_items.sweep(
            scope, requests, dry_run=dry_run, ends=ends, seen=show_item
        )
    sys.stdout.write(_said(vectors, items, requests, dry_run=dry_run))
    return orphans + items.pages + items.misplaced + items.unlisted


def _said(
    vectors: VectorSummary, items: ItemSummary, requests: PacedRequests, *, dry_run: bool
) -> str:
    counts = {
        "orphans": vectors.orphans,
        "of no document of this bucket, left alone": vectors.foreign,
    }
    lines = [f"vectors: {vectors.vectors:,}"]
    lines += [f"  {what}: {count:,}" for what, count in counts.items() if count]
    lines.append(f"catalog items without use: {items.pages + items.misplaced + items.unlisted:,}")
    lines.append(f"{'to ask for' if dry_run else 'asked for'}: {requests.count:,}")
    return "\n".join(lines) + "\n"

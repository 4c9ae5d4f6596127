"""Memory of a sync over ten million documents, of which one in a hundred differs.

    python -m benchmarks.sync_memory [--documents 10000000]

Bucket and table are generated, a page at a time, of the size that S3 and DynamoDB send; streams,
merge, comparison and requests are the real ones. One document in ten has a sidecar.
"""

import argparse
import resource
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from catalog import Catalog, DocumentState
from syncing.catalog_stream import CatalogStream
from syncing.difference import Difference
from syncing.listing import BucketListing
from syncing.pace import Pace
from syncing.sightings import Sighting
from syncing.sync import Sync
from vector_store import ConnectionString

if TYPE_CHECKING:
    from indexing_queue import ReconcileQueue

MODIFIED = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)
DOCUMENTS_PER_TENANT = 100_000
KEYS_PER_LISTING = 1_000
ENTRIES_PER_QUERY = 1_500
"""About the megabyte that a Query answers."""

MAX_GROWTH = 1.05
"""Of peak memory, from a tenth of the documents to all of them."""


def main() -> int:
    """Measure once, and print what was seen; exits 1 when memory grew, or a difference was missed."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--documents", type=int, default=10_000_000)
    documents = arguments.parse_args().documents
    peaks: list[float] = []
    seen = 0

    def note(_sighting: Sighting, _found: Difference | None) -> None:
        nonlocal seen
        seen += 1
        if seen == documents // 10:
            peaks.append(peak_megabytes())

    queue = CountingQueue()
    started = time.monotonic()
    summary = sync(documents, queue).run(seen=note)
    seconds = time.monotonic() - started
    peaks.append(peak_megabytes())
    growth = peaks[-1] / peaks[0]
    show(f"{summary.documents:,} documents in {seconds:.0f} s, {queue.sent:,} asked for")
    show(f"peak memory: {peaks[0]:.1f} MB after a tenth, {peaks[-1]:.1f} MB after all")
    show(f"growth {growth:.3f} of at most {MAX_GROWTH}")
    is_right = (summary.documents, queue.sent) == (documents, -(-documents // 100))
    return 0 if is_right and growth <= MAX_GROWTH else 1


def sync(documents: int, queue: "CountingQueue") -> Sync:
    """Return the real thing over generated services."""
    listing = BucketListing(cast("Any", GeneratedBucket(documents)), "documents")
    catalog = Catalog(
        cast("Any", GeneratedTable(documents)), "catalog", clock=lambda: datetime.now(UTC)
    )
    connection = ConnectionString.parse("s3vectors://vectors")
    return Sync(
        listing=listing,
        entries=CatalogStream(catalog, connection, listing),
        queue=cast("ReconcileQueue", queue),
        recipe="r",
        pace=Pace(float("inf")),
        clock=lambda: datetime.now(UTC),
    )


class CountingQueue:
    """Takes every request."""

    def __init__(self) -> None:
        self.sent = 0

    def send(self, requests: list[Any]) -> None:
        """Count them."""
        self.sent += len(requests)


class GeneratedBucket:
    """S3's client, for a bucket whose keys follow from their numbers."""

    def __init__(self, documents: int) -> None:
        self._objects = self._generate(documents)

    def list_objects_v2(self, **request: Any) -> dict[str, Any]:
        """Return the next page of the one listing that is asked for."""
        if "Delimiter" in request:
            return {"IsTruncated": False}
        contents = []
        for found in self._objects:
            contents.append(found)
            if len(contents) == KEYS_PER_LISTING:
                return {"Contents": contents, "IsTruncated": True, "NextContinuationToken": "on"}
        return {"Contents": contents, "IsTruncated": False}

    def _generate(self, documents: int) -> Iterator[dict[str, Any]]:
        for number in range(documents):
            names = [key_of(number)]
            if number % 10 == 0:
                names.append(f"{names[0]}.metadata.json")
            for key in names:
                yield {"Key": key, "ETag": f'"{key}"', "LastModified": MODIFIED, "Size": 1_000}


class GeneratedTable:
    """DynamoDB's client, for a catalog that knows these documents, one in a hundred not as it is."""

    def __init__(self, documents: int) -> None:
        self._documents = documents

    def query(self, **request: Any) -> dict[str, Any]:
        """Return a page of the registry, or of one index's entries."""
        partition = request["ExpressionAttributeValues"][":pk"]["S"]
        if partition == "indexes":
            count = -(-self._documents // DOCUMENTS_PER_TENANT)
            return {"Items": [_registration(index_of(tenant)) for tenant in range(count)]}
        tenant = partition.rpartition("-t")[2]
        if not tenant.isdigit():
            return {"Items": []}
        first = int(tenant) * DOCUMENTS_PER_TENANT
        if "ExclusiveStartKey" in request:
            first = number_of(request["ExclusiveStartKey"]["sk"]["S"]) + 1
        of_tenant = min(self._documents, (int(tenant) + 1) * DOCUMENTS_PER_TENANT)
        end = min(of_tenant, first + ENTRIES_PER_QUERY)
        page: dict[str, Any] = {"Items": [_entry(partition, n) for n in range(first, end)]}
        if end < of_tenant:
            page["LastEvaluatedKey"] = {"pk": {"S": partition}, "sk": {"S": key_of(end - 1)}}
        return page


def key_of(number: int) -> str:
    """Return the key of a document, in the order of the numbers."""
    return f"tenants/t{number // DOCUMENTS_PER_TENANT:06}/documents/{number:09}.txt"


def number_of(key: str) -> int:
    """Return the number of the document with that key."""
    return int(key[-len("000000000.txt") : -len(".txt")])


def index_of(tenant: int) -> str:
    """Return the name of a tenant's index in the catalog."""
    return f"vectors/chunk-t{tenant:06}"


def _registration(index: str) -> dict[str, Any]:
    texts = {"sk": index, "model": "m", "recipe": "r", "created_at": ""}
    return {
        **{name: {"S": text} for name, text in texts.items()},
        "dimensions": {"N": "1024"},
        "exists": {"BOOL": True},
    }


def _entry(index: str, number: int) -> dict[str, Any]:
    key = key_of(number)
    texts = {
        "pk": index,
        "sk": key,
        "state": DocumentState.INDEXED.value,
        "fingerprint": "f" * 32,
        "recipe": "r",
        "etag": f'"{key}"' if number % 100 else '"another"',
        "last_modified": MODIFIED.isoformat(timespec="seconds"),
        "content_type": "text/plain",
        "version_id": "v" * 32,
        "updated_at": MODIFIED.isoformat(timespec="milliseconds"),
    }
    if number % 10 == 0:
        texts["sidecar_etag"] = f'"{key}.metadata.json"'
    return {
        **{name: {"S": text} for name, text in texts.items()},
        "indexed": {"M": {"generation": {"S": "0" * 32}, "pages": {"N": "1"}}},
        "revision": {"N": "3"},
        "lease_until": {"N": "0"},
        "wanted": {"N": "0"},
    }


def peak_megabytes() -> float:
    """Return the most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024  # kilobytes, on Linux


def show(line: str) -> None:
    """Print at once, also into a pipe."""
    print(line, flush=True)  # noqa: T201 - its output


if __name__ == "__main__":
    sys.exit(main())

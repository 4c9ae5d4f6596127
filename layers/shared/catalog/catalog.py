"""The document catalog: one DynamoDB table that knows what every index should hold.

Reads and writes of a document with up to 14,583 chunks (one page of keys): one read to compare, which
is all for one that did not change. To index it the first time: three updates of its entry (claim,
intent, commit) and one write of its keys. To replace it: one read of its former keys, one update before
any of them goes and one deletion of their page more. To remove it: that read, three updates, two deletions
and a query for pages. A document of which nothing is put has no intent. An index's registration is read
once a minute and worker. The secondary index, which has keys only, is written where a state changes: when
a document is claimed, and when it is settled.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, cast

from botocore.config import Config
from botocore.session import Session

from catalog.claim import Claim
from catalog.entries import Entries
from catalog.entry import DocumentEntry, KeyList
from catalog.index_registry import IndexRegistry
from catalog.key_pages import KeyPages, VectorKeys
from catalog.table_scan import KeyPage, table_scan

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CLIENT_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=2, read_timeout=5
)


def dynamodb_client(session: Session | None = None) -> "DynamoDBClient":
    """Return a client of DynamoDB with retries and time-outs set: 5 attempts, 5 s for an answer."""
    client = (session or Session()).create_client("dynamodb", config=CLIENT_CONFIG)
    return cast("DynamoDBClient", client)


class Catalog:
    """Every document's entry, the vector keys that its index may hold of it, and the indexes."""

    def __init__(
        self, client: "DynamoDBClient", table: str, *, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._table = table
        self._pages = KeyPages(client, table)
        self._clock = clock
        self.entries = Entries(client, table)
        self.indexes = IndexRegistry(client, table, clock=clock)

    def get(self, index: str, key: str) -> DocumentEntry | None:
        """Return the document's entry as it is now; None for a document that nobody knows."""
        return self.entries.get(index, key)

    def vector_keys(self, entry: DocumentEntry, keys: KeyList) -> VectorKeys:
        """Return the keys of one of the entry's lists, each with its metadata's digest."""
        return self._pages.read(entry.index, entry.key, keys)

    def scan(self, *, consistent: bool = False) -> Iterator[DocumentEntry | KeyPage]:
        """Yield all that the table holds of documents, in no order: an operator's sweep reads it all.

        `consistent`, it misses nothing that was there before it began, at twice the price.
        """
        return table_scan(self._client, self._table, consistent=consistent)

    def want(self, entry: DocumentEntry) -> bool:
        """Return whether the worker that holds the document will look again; False if nobody does."""
        return self.entries.raise_wanted(entry, now=self._clock().timestamp())

    def claim(
        self,
        entry: DocumentEntry,
        *,
        holder: str,
        lease_until: float,
        fingerprint: str = "",
        anew: bool = False,
    ) -> Claim:
        """Return the hold on a document that nobody else has before `lease_until`.

        `holder` is the id of the message that is served, `fingerprint` that of the version that is
        there; `anew`, its lapses are forgotten, unless one has just come to them. Raises
        CatalogConflictError when the entry is not any more as it was read.
        """
        return Claim.take(
            entry,
            self.entries,
            self._pages,
            clock=self._clock,
            holder=holder,
            lease_until=lease_until,
            fingerprint=fingerprint,
            anew=anew,
        )

"""Amazon S3 Vectors, in process."""

from __future__ import annotations

import secrets
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.s3vectors.access.authorization import check_allowed
from local.s3vectors.account import Account
from local.s3vectors.calls import Call, CallLog
from local.s3vectors.data_folder import SECRET_BYTES, DataFolder, restored_indexes
from local.s3vectors.errors import AccessDeniedError, S3VectorsError, UnknownOperationError
from local.s3vectors.faults import CONNECTION_RESET, Faults
from local.s3vectors.journal import NoJournal
from local.s3vectors.names import Place
from local.s3vectors.operations import OPERATIONS
from local.s3vectors.paging import PageTokens
from local.s3vectors.requests import read_request
from local.s3vectors.resources import resource_arn
from local.s3vectors.write_rates import WriteRates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.s3vectors.access.principal import Principal


def current_second() -> datetime:
    """The time, to the second, as the service states creation times."""
    return datetime.now(UTC).replace(microsecond=0)


def in_a_thread(work: Callable[[], None]) -> None:
    """Run work in a thread of its own, which does not keep the process alive."""
    threading.Thread(target=work, daemon=True).start()


class S3VectorsService:
    """The S3 Vectors of one account in one region; safe to call from any thread.

    ``faults`` strike calls on demand; ``calls`` tells what was called.
    """

    def __init__(
        self,
        *,
        region: str = "us-east-1",
        account_id: str = "123456789012",
        data: Path | str | None = None,
        principals: Mapping[str, Principal] | None = None,
        clock: Callable[[], datetime] = current_second,
        background: Callable[[Callable[[], None]], None] = in_a_thread,
    ) -> None:
        """Make a service without vector buckets, or with what a data folder holds.

        * ``data``: a folder that keeps everything, made if it is missing. DataFolderError says
          that another service has it open, or that it is of another account or region.
        * ``principals``, by access key id: who may call over the wire, and only what their
          policies allow. Without, everyone may do everything.
        * ``clock``: the time of creations, which decides on the index modes of a vector bucket.
        * ``background``: runs what AWS does after the answer, the building of text indexes.
        """
        place = Place(region, account_id)
        folder = None if data is None else DataFolder(Path(data), place)
        tokens = PageTokens(folder.secret if folder else secrets.token_bytes(SECRET_BYTES))
        self._account = Account(place, clock, tokens, background, folder or NoJournal())
        if folder:
            self._account.restore(folder.vector_buckets(), restored_indexes(folder))
        self._principals = principals
        self._write_rates: WriteRates | None = None
        self.faults = Faults()
        self.calls = CallLog()

    def close(self) -> None:
        """Close the data folder, if there is one; a service in memory needs no closing."""
        self._account.journal.close()

    def enforce_write_rates(
        self, *, enforced: bool = True, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Answer writes above an index's rates with TooManyRequestsException, or no longer."""
        self._write_rates = WriteRates(clock) if enforced else None

    def call(
        self,
        operation: str,
        request: dict[str, Any],
        *,
        signed_by: str | None = None,
        request_bytes: int | None = None,
    ) -> dict[str, Any]:
        """The answer to a request, both shaped as a botocore client's; raises S3VectorsError.

        ``signed_by`` is the caller's access key id; None is the account itself, which may do
        everything. Raises ConnectionResetError when a fault says so.
        """
        error: str | None = None
        try:
            return self._answer(operation, request, signed_by)
        except S3VectorsError as raised:
            error = raised.code
            raise
        except ConnectionResetError:
            error = CONNECTION_RESET
            raise
        finally:
            self._note(operation, request, error, signed_by, request_bytes)

    def note_refusal(
        self,
        operation: str,
        request: dict[str, Any],
        error: S3VectorsError,
        *,
        signed_by: str,
        request_bytes: int,
    ) -> None:
        """Have a call among the others whose body could not be read."""
        self._note(operation, request, error.code, signed_by, request_bytes)

    def _principal(self, signed_by: str | None) -> Principal | None:
        return self._principals.get(signed_by or "") if self._principals else None

    def _note(
        self,
        operation: str,
        request: dict[str, Any],
        error: str | None,
        signed_by: str | None,
        request_bytes: int | None,
    ) -> None:
        principal = self._principal(signed_by)
        self.calls.add(
            Call(
                operation=operation,
                resource=resource_arn(self._account.place, request),
                principal=principal.arn if principal else signed_by,
                request_bytes=request_bytes,
                error=error,
            )
        )

    def _answer(
        self,
        operation: str,
        request: dict[str, Any],
        signed_by: str | None,
    ) -> dict[str, Any]:
        perform = OPERATIONS.get(operation)
        if perform is None:
            raise UnknownOperationError(f"S3 Vectors has no operation {operation}")
        fault = self.faults.awaited(operation)
        if not fault.performed:
            fault.strike()
        known = read_request(operation, request)
        if self._principals is not None and signed_by is not None:
            principal = self._principal(signed_by)
            if principal is None:
                raise AccessDeniedError(f"There is no principal of access key id {signed_by!r}")
            check_allowed(principal, self._account, operation, known)
        if self._write_rates is not None:
            self._write_rates.admit(operation, resource_arn(self._account.place, known), known)
        answer = perform(self._account, known)
        if fault.performed:
            fault.strike()
        return answer

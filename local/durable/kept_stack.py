"""The documents bucket and the catalog table of a local stack, kept in a data folder."""

from pathlib import Path
from typing import TYPE_CHECKING

from local.durable.items import KeptItems
from local.durable.objects import KeptObjects
from local.durable.saving import SavingService
from local.durable.stack_file import FILE_NAME, StackFile
from local.s3vectors.data_folder import FILE_NAME as VECTORS_FILE_NAME
from local.s3vectors.errors import DataFolderError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class KeptStack:
    """A data folder's bucket and table; the folder is open in one process at a time."""

    def __init__(self, folder: Path) -> None:
        """Open the folder, or make it, before its vectors are opened.

        Raises DataFolderError where that cannot be, and where half of what it kept is missing:
        the other half would be out of step.
        """
        has_vectors = (folder / VECTORS_FILE_NAME).exists()
        if has_vectors and not (folder / FILE_NAME).exists():
            raise DataFolderError(
                f"{folder} holds vectors, but no stack ({FILE_NAME}): choose another folder"
            )
        self._file = StackFile(folder)
        if not has_vectors and not self._file.is_empty:
            self._file.close()
            raise DataFolderError(f"{folder} has lost its vectors ({VECTORS_FILE_NAME})")
        self._objects = KeptObjects(self._file)
        self._items = KeptItems(self._file)

    def restore(self, *, bucket_name: str, table_name: str) -> None:
        """Put what is kept into the bucket and the table, made anew, and from now on save them.

        Raises DataFolderError when the folder is of another bucket or table.
        """
        self._file.belong_to({"bucket": bucket_name, "table": table_name})
        self._objects.restore(bucket_name)
        self._items.restore(table_name)

    def s3(self, moto: "WSGIApplication") -> "WSGIApplication":
        """Return moto's S3, its changes of the bucket saved before it answers."""
        return SavingService(moto, self._objects.save)

    def dynamodb(self, moto: "WSGIApplication") -> "WSGIApplication":
        """Return moto's DynamoDB, its changes of the table saved before it answers."""
        return SavingService(moto, self._items.save)

    def close(self) -> None:
        """Close the folder; later changes are errors."""
        self._file.close()

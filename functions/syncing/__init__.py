"""The syncing function: the documents bucket against the catalog, on a schedule or by command."""

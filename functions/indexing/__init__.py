"""Documents of the bucket, made chunk vectors of their tenant's index."""

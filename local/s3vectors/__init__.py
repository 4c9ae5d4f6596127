"""Amazon S3 Vectors on this machine: in process and as a WSGI application.

::

    service = S3VectorsService()
    service.call("CreateVectorBucket", {"vectorBucketName": "vectors"})
    with LocalServer(service) as server:
        boto3.client("s3vectors", endpoint_url=server.url).list_vector_buckets()
"""

from local.s3vectors.access.errors import PolicyError
from local.s3vectors.access.principal import Principal
from local.s3vectors.errors import DataFolderError, S3VectorsError
from local.s3vectors.faults import Fault
from local.s3vectors.server import LocalServer
from local.s3vectors.service import S3VectorsService
from local.s3vectors.wire import application

__all__ = [
    "DataFolderError",
    "Fault",
    "LocalServer",
    "PolicyError",
    "Principal",
    "S3VectorsError",
    "S3VectorsService",
    "application",
]

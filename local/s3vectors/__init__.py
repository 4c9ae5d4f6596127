"""Amazon S3 Vectors on this machine: in process and as a WSGI application.

::

    service = S3VectorsService()
    service.call("CreateVectorBucket", {"vectorBucketName": "vectors"})
    server = werkzeug.serving.make_server("127.0.0.1", 0, application(service), threaded=True)
"""

from local.s3vectors.access.authorization import Principal
from local.s3vectors.access.errors import PolicyError
from local.s3vectors.errors import DataFolderError, S3VectorsError
from local.s3vectors.faults import Fault
from local.s3vectors.service import S3VectorsService
from local.s3vectors.wire import application

__all__ = [
    "DataFolderError",
    "Fault",
    "PolicyError",
    "Principal",
    "S3VectorsError",
    "S3VectorsService",
    "application",
]

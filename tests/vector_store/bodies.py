"""A client of S3 Vectors that answers every request by itself, and keeps what it would have sent."""

from functools import cache

import botocore.session
import orjson
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from vector_store import VectorStoreFactory, s3vectors_client


@cache
def _session():
    """One for all: a new one reads the endpoints of every AWS service anew."""
    session = botocore.session.Session()
    session.set_config_variable("region", "us-east-1")
    session.set_credentials("local", "local")
    return session


class _Nothing:
    def stream(self, **_):
        return iter([b"{}"])


class SentBodies:
    """The bodies of a client's requests, as they would have left this machine."""

    def __init__(self):
        self.client = s3vectors_client(_session())
        self.client.meta.events.register("before-send.s3vectors", self._keep)
        self.requests = []

    def _keep(self, request, **_):
        self.requests.append(request)
        return AWSResponse(request.url, 200, HTTPHeaders(), _Nothing())

    @property
    def sizes(self):
        return [len(request.body) for request in self.requests]

    @property
    def parsed(self):
        return [orjson.loads(request.body) for request in self.requests]

    def index(self, dimensions):
        """An index that is there and fits, of the longest names."""
        store = VectorStoreFactory.for_vector_store("s3vectors://" + 63 * "b", client=self.client)
        index = store.index("chunk", tenant_id=25 * "t")
        index.trust(dimensions)
        return index

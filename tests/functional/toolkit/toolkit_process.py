"""graphrag-toolkit as its users have it, asked by lines of JSON; runs in `.venv-toolkit`.

A line is `{"call": …, "store": …, "tenant": …}` and the call's own arguments; its answer is the line
`{"result": …}` or `{"error": …}`. Endpoint, credentials and embedding model come from the
environment, as the toolkit reads them.
"""

import json
import sys
import traceback
from contextlib import redirect_stdout

from graphrag_toolkit.lexical_graph import TenantId, VersioningConfig, VersioningMode
from graphrag_toolkit.lexical_graph.metadata import FilterConfig
from graphrag_toolkit.lexical_graph.storage import VectorStoreFactory
from graphrag_toolkit.lexical_graph.storage.vector import MultiTenantVectorStore
from graphrag_toolkit.lexical_graph.storage.vector.s3_vector_indexes import S3VectorIndex
from llama_index.core.schema import QueryBundle, TextNode
from llama_index.core.vector_stores.types import FilterOperator, MetadataFilter


def chunk_index(store, tenant):
    """Each call's own: one store for several tenants mixes them up."""
    inner = VectorStoreFactory.for_vector_store(store, index_names=["chunk"])
    wrapped = MultiTenantVectorStore.wrap(inner, TenantId(tenant))
    index = wrapped.get_index("chunk")
    assert isinstance(index, S3VectorIndex)
    return index


def top_k(index, *, query, top_k, where=(), mode=None, at=None):
    filters = [MetadataFilter(key=k, operator=FilterOperator(op), value=v) for k, op, v in where]
    versions = VersioningConfig(mode and VersioningMode[mode], at)
    return index.top_k(QueryBundle(query), top_k, versions.apply(FilterConfig(filters)))


def get_embeddings(index, *, ids):
    return index.get_embeddings(ids)


def add_embeddings(index, *, chunks):
    """Nodes as the toolkit's ChunkNodeBuilder leaves them."""
    nodes = [
        TextNode(
            id_=chunk["id"],
            text=chunk["text"],
            metadata={
                "source": {
                    "sourceId": chunk["source_id"],
                    "metadata": chunk["attributes"],
                    "versioning": {"extract_timestamp": 1, "build_timestamp": 2},
                },
                "chunk": {"chunkId": chunk["id"], "metadata": {}},
                "topics": [],
                "aws::graph::index": {
                    "index": "chunk",
                    "key": "".join(filter(str.isalnum, chunk["id"])),
                },
            },
            excluded_embed_metadata_keys=["aws::graph::index", "chunk", "source", "topics"],
        )
        for chunk in chunks
    ]
    return [node.id_ for node in index.add_embeddings(nodes)]


def update_versioning(index, *, timestamp, ids):
    return index.update_versioning(timestamp, ids)


CALLS = {call.__name__: call for call in (add_embeddings, get_embeddings, top_k, update_versioning)}


def answered(request):
    index = chunk_index(request.pop("store"), request.pop("tenant"))
    return CALLS[request.pop("call")](index, **request)


def main():
    answers = sys.stdout
    with redirect_stdout(sys.stderr):  # the toolkit prints
        for line in sys.stdin:
            try:
                answer = {"result": answered(json.loads(line))}
            except Exception:  # noqa: BLE001 - the test that asked fails by it, not those after it
                answer = {"error": traceback.format_exc()}
            answers.write(json.dumps(answer) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()

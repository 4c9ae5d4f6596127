"""Each library as its documentation uses it, at its best setting.

A library is imported when its client is made: what that costs is one of the cases. What a library
keeps beside the index is held in memory and costs nothing, where the library offers that.
"""

from collections.abc import Callable

from benchmarks.peers.cases import DELETE_NODES, INDEXING_API, WITHOUT_NUMPY
from benchmarks.peers.libraries import (
    bare_boto3,
    dropvec,
    dynavec,
    graphrag,
    langchain,
    llama_index,
)
from benchmarks.peers.libraries.interface import Client, Documents, Record
from benchmarks.peers.model import Model

__all__ = ["CLIENTS", "DOCUMENTS", "Client", "Documents", "Record"]

CLIENTS: dict[str, type[Client]] = {
    "dropvec": dropvec.Store,
    WITHOUT_NUMPY: dropvec.StoreWithoutNumpy,
    "boto3": bare_boto3.Store,
    "langchain-aws": langchain.Store,
    "llama-index-vector-stores-s3": llama_index.Store,
    "dynavec": dynavec.Store,
    "graphrag-lexical-graph": graphrag.Store,
}

DOCUMENTS: dict[str, Callable[[Model], Documents]] = {
    "dropvec": dropvec.IndexingFunction,
    "boto3": bare_boto3.Chunks,
    "langchain-aws": langchain.AddedDocuments,
    INDEXING_API: langchain.IndexedDocuments,
    "llama-index-vector-stores-s3": llama_index.Pipeline,
    DELETE_NODES: llama_index.Nodes,
    "dynavec": dynavec.Upserts,
    "graphrag-lexical-graph": graphrag.Versions,
}

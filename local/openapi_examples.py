"""Examples of the HTTP API's requests and answers, as its description shows them."""

QUERY = {
    "query": "What does the warranty cover?",
    "top_k": 5,
    "filter": {"team": "sales", "year": {"$gte": 2024}},
}

QUERY_ANSWER = {
    "matches": [
        {
            "chunk_id": "9f2c41d07be34a0fb1d2a8c35e6f7081",
            "text": "The warranty covers material and workmanship for two years.",
            "score": 0.0325,
            "distance": 0.29,
            "scores": {"bm25": 6.1, "fused": 0.0325, "relevance": None},
            "document": {
                "uri": "s3://search-documents-123456789012-us-east-1/tenants/acme/warranty.pdf",
                "key": "tenants/acme/warranty.pdf",
                "title": "Warranty",
                "content_type": "application/pdf",
            },
            "location": {
                "ordinal": 4,
                "start": 3120,
                "end": 3180,
                "page": 2,
                "headings": ["Cover"],
            },
            "metadata": {"year": 2025, "team": "sales"},
            "context": None,
        }
    ],
    "documents": [],
    "next_token": None,
    "notices": [],
    "tenant_id": "acme",
    "index": "app1.chunk-acme",
    "mode": "hybrid",
    "model": "bedrock://amazon.titan-embed-text-v2:0?dimensions=1024",
}

DOCUMENTS = {
    "documents": [
        {
            "key": "tenants/acme/warranty.pdf",
            "uri": "s3://search-documents-123456789012-us-east-1/tenants/acme/warranty.pdf",
            "state": "INDEXED",
            "chunks": 12,
            "error": None,
            "attempts": 0,
            "version_id": "3sL4kqtJlcpXroDTDmJrmSpXd3dIbrHY",
            "etag": '"9b2cf535f27731c974343645a3985328"',
            "size": 48213,
            "content_type": "application/pdf",
            "last_modified": "2026-11-02T09:14:58+00:00",
            "created_at": "2026-11-02T09:15:00.120+00:00",
            "indexed_at": "2026-11-02T09:15:03.904+00:00",
            "updated_at": "2026-11-02T09:15:03.904+00:00",
            "link": None,
        }
    ],
    "next_token": None,
    "tenant_id": "acme",
    "index": "app1.chunk-acme",
}

PROBLEM = {
    "type": "about:blank",
    "title": "Bad Request",
    "status": 400,
    "detail": 'filter.year.$gt: expected a number or a date, got "soon"',
    "request_id": "Zf2bJhYOoAMEV8g=",
}

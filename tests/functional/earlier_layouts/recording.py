"""A deployment's vectors and catalog, written down and put back as they were.

Before LAYOUT_VERSION is raised, what the version before it stores is recorded, by a deployment of MODEL
that has indexed DOCUMENTS.
"""

import base64
import json
from array import array
from pathlib import Path

FOLDER = Path(__file__).parent

MODEL = "bedrock://amazon.titan-embed-text-v2:0?dimensions=256"

DOCUMENTS = {
    "guide.txt": "A guide to kettles. They are descaled each month.\n\n"
    + "Kettles whistle when water boils in them. " * 40,
    "tenants/acme/report.md": "# Report\n\nTeapots sold well this year.\n\n"
    "## Outlook\n\nMore teapots will be sold.\n",
}


def recorded(layout):
    """The layouts' recording."""
    return json.loads((FOLDER / f"layout-{layout}.json").read_text())


def record(deployment, index_names):
    """What a deployment holds in those indexes and its table, as JSON has it."""
    indexes = []
    for name in index_names:
        names = {"vectorBucketName": deployment.store.bucket_name, "indexName": name}
        index = deployment.vectors.get_index(**names)["index"]
        vectors = deployment.vectors.list_vectors(**names, returnMetadata=True, returnData=True)
        indexes.append(
            {
                "name": name,
                **{key: index[key] for key in ("dimension", "distanceMetric", "dataType")},
                "metadataConfiguration": index["metadataConfiguration"],
                "vectors": [
                    {
                        "key": vector["key"],
                        "metadata": vector["metadata"],
                        "float32": _text(array("f", vector["data"]["float32"]).tobytes()),
                    }
                    for vector in vectors["vectors"]
                ],
            }
        )
    table = deployment.stack.client("dynamodb")
    items = table.scan(TableName=deployment.stack.catalog_table)["Items"]
    return {
        "vector_bucket": deployment.store.bucket_name,
        "indexes": indexes,
        "items": [_plain(item) for item in items],
    }


def restore(deployment, recording):
    """Put into a deployment's vector bucket and table what was recorded."""
    vectors, bucket = deployment.vectors, {"vectorBucketName": recording["vector_bucket"]}
    vectors.create_vector_bucket(**bucket)
    for index in recording["indexes"]:
        names = {**bucket, "indexName": index["name"]}
        settings = {key: index[key] for key in ("dimension", "distanceMetric", "dataType")}
        keys = index["metadataConfiguration"]["nonFilterableMetadataKeys"]
        vectors.create_index(
            **names, **settings, metadataConfiguration={"nonFilterableMetadataKeys": keys}
        )
        vectors.put_vectors(
            **names,
            vectors=[
                {
                    "key": vector["key"],
                    "metadata": vector["metadata"],
                    "data": {"float32": list(array("f", base64.b64decode(vector["float32"])))},
                }
                for vector in index["vectors"]
            ],
        )
    table = deployment.stack.client("dynamodb")
    for item in recording["items"]:
        table.put_item(TableName=deployment.stack.catalog_table, Item=_item(item))


def _text(content):
    return base64.b64encode(content).decode()


def _plain(item):
    """An item with its binary values as text."""
    return {
        name: {"B": {"base64": _text(value["B"])}} if "B" in value else value
        for name, value in item.items()
    }


def _item(plain):
    return {
        name: {"B": base64.b64decode(value["B"]["base64"])} if "B" in value else value
        for name, value in plain.items()
    }

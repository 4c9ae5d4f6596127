"""What a request needs to be allowed: actions, each on a resource.

After the service authorization reference of each service. Known are the requests that functions
make: reading objects, messages, items of tables, parameters, InvokeModel, Rerank, AssumeRole. Any
other needs its operation on `*`, so that only who may do everything may make it.
"""

import io
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs

import orjson
from werkzeug.wrappers import Request

from local.authorization.assumed_roles import AssumeRole
from local.template import ACCOUNT_ID

if TYPE_CHECKING:
    from local.s3vectors.access.patterns import Context

# By method and subresource, what the query of the URL names: `?tagging`.
_OBJECT_ACTIONS = {
    ("GET", ""): "GetObject",
    ("HEAD", ""): "GetObject",
    ("GET", "tagging"): "GetObjectTagging",
}
_ACTIONS_ON_VERSIONS = {
    "GetObject": "GetObjectVersion",
    "GetObjectTagging": "GetObjectVersionTagging",
}
_BUCKET_ACTIONS = {
    ("GET", ""): "ListBucket",
    ("HEAD", ""): "ListBucket",
    ("GET", "versions"): "ListBucketVersions",
}
# All else in a query is a subresource.
_LISTING_PARAMETERS = {
    "continuation-token",
    "delimiter",
    "encoding-type",
    "fetch-owner",
    "key-marker",
    "list-type",
    "marker",
    "max-keys",
    "prefix",
    "start-after",
    "version-id-marker",
}
_OBJECT_PARAMETERS = {"partNumber", "versionId", "x-id"}

PARTITION_KEY = "pk"
"""Of each table in the template, and of its indexes."""

ANOTHER_REGION = "us-west-2"
"""One of those that every inference profile here leads to."""

_PARTITION_CONDITION = re.compile(r"^\s*([#\w]+)\s*=\s*(:\w+)(?:\s+AND\b|\s*$)", re.IGNORECASE)

_TRANSACTION_ACTIONS = {"ConditionCheck": "ConditionCheckItem"}
_PROFILE = re.compile(
    r"(?:arn:[^/]+:inference-profile/)?(?P<id>[a-z]+(?:-[a-z]+)?\.(?P<model>[^./]+\.[^./]+))"
)
_MODEL_ACTIONS = {
    "invoke": "InvokeModel",
    "invoke-with-response-stream": "InvokeModelWithResponseStream",
}


class Need(NamedTuple):
    """An action on a resource, and the condition keys that the request brings for it."""

    action: str
    resource: str
    context: "Context" = MappingProxyType({})


def needs(request: Request, service: str, region: str) -> list[Need]:  # noqa: PLR0911 - one a service
    """Return what a request to a service needs, at least one action."""
    match service:
        case "s3":
            return [_of_s3(request)]
        case "sqs":
            return [_of_sqs(*_json_call(request), region)]
        case "dynamodb":
            return _of_dynamodb(*_json_call(request), region)
        case "bedrock":
            return _of_bedrock(request, region)
        case "ssm":
            return [_of_ssm(*_json_call(request), region)]
        case "sts" if asked := AssumeRole.of(request):
            return [Need(action, asked.role_arn, asked.context) for action in asked.actions]
        case "cloudformation":
            return [_of_cloudformation(request, region)]
    return [Need(f"{service}:{request.method} {request.path}", "*")]


def to_learn_of_absence(request: Request) -> Need | None:
    """Return what a reader of an object needs to be told that there is none: else it is forbidden."""
    bucket, key = _addressed(request)
    return Need("s3:ListBucket", f"arn:aws:s3:::{bucket}") if key else None


def to_learn_of_tags(request: Request) -> Need:
    """Return what a reader of an object needs to be told how many tags it has."""
    bucket, key = _addressed(request)
    return Need(_on_version("GetObjectTagging", request), f"arn:aws:s3:::{bucket}/{key}")


def _of_s3(request: Request) -> Need:
    bucket, key = _addressed(request)
    actions, parameters = (
        (_OBJECT_ACTIONS, _OBJECT_PARAMETERS) if key else (_BUCKET_ACTIONS, _LISTING_PARAMETERS)
    )
    subresource = "&".join(
        name
        for name in request.args
        if name not in parameters and not name.startswith(("X-Amz-", "response-"))
    )
    action = actions.get((request.method, subresource))
    if action is None or not bucket:
        return Need(f"s3:{request.method} {subresource}".rstrip(), "*")
    if key:
        return Need(_on_version(action, request), f"arn:aws:s3:::{bucket}/{key}")
    return Need(f"s3:{action}", f"arn:aws:s3:::{bucket}")


def _on_version(action: str, request: Request) -> str:
    return f"s3:{_ACTIONS_ON_VERSIONS[action] if 'versionId' in request.args else action}"


def _addressed(request: Request) -> tuple[str, str]:
    """The bucket and key of a path: the local endpoint has no bucket in its host name."""
    bucket, _, key = request.path.removeprefix("/").partition("/")
    return bucket, key


def _of_sqs(operation: str, body: dict[str, Any], region: str) -> Need:
    queue = str(body.get("QueueUrl", "")).rpartition("/")[2]
    resource = f"arn:aws:sqs:{region}:{ACCOUNT_ID}:{queue}" if queue else "*"
    return Need(f"sqs:{operation.removesuffix('Batch')}", resource)


def _of_dynamodb(operation: str, body: dict[str, Any], region: str) -> list[Need]:
    named: list[tuple[str, dict[str, Any]]]
    match body:
        case {"RequestItems": dict() as tables}:
            named = [(operation, {"TableName": name, **part}) for name, part in tables.items()]
        case {"TransactItems": list() as parts}:
            # A transaction needs the action of each of its parts, and none of its own.
            named = [
                (_TRANSACTION_ACTIONS.get(kind, f"{kind}Item"), part)
                for item in parts
                for kind, part in item.items()
            ]
        case _:
            named = [(operation, body)]
    return [
        Need(f"dynamodb:{action}", _table_or_index(part, region), _leading_keys(part))
        for action, part in named or [(operation, {})]
    ]


def _table_or_index(part: dict[str, Any], region: str) -> str:
    table = part.get("TableName")
    if not table:
        return "*"
    arn = _arn(table, f"arn:aws:dynamodb:{region}:{ACCOUNT_ID}:table/")
    return f"{arn}/index/{part['IndexName']}" if "IndexName" in part else arn


def _leading_keys(part: dict[str, Any]) -> "Context":
    """The partitions that a request names: of one item, of several, or of a query."""
    items = [part.get("Key"), part.get("Item"), *part.get("Keys", ())]
    keys = [item[PARTITION_KEY] for item in items if item and PARTITION_KEY in item]
    condition = _PARTITION_CONDITION.search(part.get("KeyConditionExpression", ""))
    if condition:
        name, value = condition.groups()
        name = part.get("ExpressionAttributeNames", {}).get(name, name)
        if name == PARTITION_KEY:
            keys.append(part.get("ExpressionAttributeValues", {})[value])
    values = tuple(str(value) for key in keys for value in key.values())
    return {"dynamodb:leadingkeys": values} if values else {}


def _of_bedrock(request: Request, region: str) -> list[Need]:
    if (request.method, request.path) == ("POST", "/rerank"):
        return [Need("bedrock:Rerank", "*"), Need("bedrock:InvokeModel", _reranking_model(request))]
    model, _, operation = request.path.removeprefix("/model/").rpartition("/")
    action = _MODEL_ACTIONS.get(operation)
    if action is None:
        return [Need(f"bedrock:{request.method} {request.path}", "*")]
    profile = _PROFILE.fullmatch(model)
    if profile is None:
        arn = _arn(model, f"arn:aws:bedrock:{region}::foundation-model/")
        return [Need(f"bedrock:{action}", arn)]
    arn = f"arn:aws:bedrock:{region}:{ACCOUNT_ID}:inference-profile/{profile['id']}"
    through = {"bedrock:inferenceprofilearn": (arn,)}
    # Its model has to be allowed wherever it may lead: here, elsewhere, and for `global.` in no region.
    destinations = (region, ANOTHER_REGION, "")
    return [Need(f"bedrock:{action}", arn)] + [
        Need(
            f"bedrock:{action}",
            f"arn:aws:bedrock:{at}::foundation-model/{profile['model']}",
            through,
        )
        for at in destinations
    ]


def _reranking_model(request: Request) -> str:
    """The ARN in a request of Rerank; what has none needs everything."""
    _, body = _json_call(request)
    try:
        configuration = body["rerankingConfiguration"]["bedrockRerankingConfiguration"]
        return str(configuration["modelConfiguration"]["modelArn"])
    except (KeyError, TypeError):
        return "*"


def _of_ssm(operation: str, body: dict[str, Any], region: str) -> Need:
    # A version is named after the parameter: `/name:3`.
    name = str(body.get("Name", "")).partition(":")[0].removeprefix("/")
    resource = f"arn:aws:ssm:{region}:{ACCOUNT_ID}:parameter/{name}" if name else "*"
    return Need(f"ssm:{operation}", resource)


def _arn(name: str, prefix: str) -> str:
    """Tables and models are named by their names or their ARNs."""
    return name if name.startswith("arn:") else prefix + name


def _of_cloudformation(request: Request, region: str) -> Need:
    call = parse_qs(_data(request).decode(errors="replace"))
    action, stack = (call.get(name, [""])[0] for name in ("Action", "StackName"))
    return Need(
        f"cloudformation:{action}",
        f"arn:aws:cloudformation:{region}:{ACCOUNT_ID}:stack/{stack}/*" if stack else "*",
    )


def _data(request: Request) -> bytes:
    data = request.get_data()
    request.environ["wsgi.input"] = io.BytesIO(data)  # for who answers the request
    return data


def _json_call(request: Request) -> tuple[str, dict[str, Any]]:
    """The operation and the request of the AWS JSON protocols; what is no JSON object is empty."""
    operation = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    try:
        body = orjson.loads(_data(request))
    except orjson.JSONDecodeError:
        body = {}
    return operation, body if isinstance(body, dict) else {}

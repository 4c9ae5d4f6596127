"""The local deployment, running: the AWS endpoint, the stack's resources, indexing and querying."""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from indexing import handler as indexing_handler
from local import bedrock
from local.aws import AwsEndpoint
from local.documentation import Documented
from local.http_api import HttpApi, cors, routes
from local.lambda_runtime import QueuePoller
from local.recovery import recover
from local.roles import OPERATOR, credentials
from local.stack import STACK_NAME, LocalStack
from local.wsgi_server import WsgiServer
from querying import handler as querying_handler

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from local.cloudformation import StackDescription

API_PORT = 3000
AWS_PORT = 4600


@dataclass(frozen=True, slots=True)
class Running:
    """A deployment that is up."""

    stack: LocalStack
    api_url: str | None
    """Where queries are answered; None when the functions run elsewhere."""


@contextmanager
def running(
    *,
    aws_host: str = "127.0.0.1",
    aws_port: int = AWS_PORT,
    api_port: int = API_PORT,
    with_functions: bool = True,
    data: Path | None = None,
    bedrock_runtime: "WSGIApplication" = bedrock.application,
    parameters: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Running]:
    """Keep the deployment up for the block; port 0 takes a free one.

    The functions run in this process, so their environment becomes the process's own. Without
    them there is the endpoint and the resources alone, e.g. for functions in containers. A `data`
    folder keeps documents, catalog and vectors; raises DataFolderError where it cannot be used.
    `parameters` are the template's, where they are not its defaults.
    """
    with ExitStack() as parts:
        stacks: dict[str, StackDescription] = {}
        endpoint = AwsEndpoint(bedrock_runtime=bedrock_runtime, data=data, stacks=stacks)
        parts.enter_context(closing(endpoint))
        # On a port that nobody knows: whoever finds the endpoint finds all that is kept.
        with WsgiServer(endpoint) as unknown:
            made = LocalStack(unknown.url, parameters)
            made.create()
            if data:
                endpoint.restore(bucket_name=made.documents_bucket, table_name=made.catalog_table)
                recover(made)
        aws = parts.enter_context(WsgiServer(endpoint, host=aws_host, port=aws_port))
        stack = LocalStack(aws.url, parameters)
        stacks[STACK_NAME] = stack.description()
        if not with_functions:
            yield Running(stack, None)
            return
        for function_log in (indexing_handler.logger, querying_handler.logger):
            function_log.setLevel(logging.WARNING)  # what is printed here is for a person
        os.environ.update(
            stack.environment("IndexingFunction")
            | stack.environment("QueryingFunction")
            | credentials(OPERATOR)
            | {"POWERTOOLS_METRICS_DISABLED": "true"}  # they would be printed too
        )
        function = stack.template.properties("IndexingFunction")
        poller = QueuePoller(
            stack.client("sqs"),
            stack.queue_url,
            indexing_handler.lambda_handler,
            batch_size=function["Events"]["Documents"]["Properties"]["BatchSize"],
            timeout_seconds=function["Timeout"],
        )
        api = HttpApi(
            routes(stack.template),
            {"QueryingFunction": querying_handler.lambda_handler},
            cors=cors(stack.template),
        )
        server = parts.enter_context(WsgiServer(Documented(api), port=api_port))
        parts.enter_context(poller)
        yield Running(stack, server.url)


def commands(deployment: Running) -> str:
    """Return what to type next, ready to paste."""
    stack = deployment.stack
    lines = [
        f"AWS endpoint  {stack.endpoint_url}",
        f"Query API     {deployment.api_url or 'not here'}",
        "",
        "Drop a document:",
        "  AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=us-east-1 \\",
        f"  aws s3 cp README.md s3://{stack.documents_bucket}/ --endpoint-url {stack.endpoint_url}",
    ]
    if deployment.api_url:
        lines += [
            "Ask:",
            f"  curl -s {deployment.api_url}/query -H 'content-type: application/json' \\",
            """    -d '{"query": "How is a document deployed?", "top_k": 3}'""",
            f"Read about it: {deployment.api_url}/docs",
        ]
    return "\n".join(lines)

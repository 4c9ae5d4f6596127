"""A deployment, found by the name of its CloudFormation stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, cast

from botocore.exceptions import ClientError
from botocore.session import Session

from dropvec.errors import DeploymentError
from recipe import Recipe
from vector_store import ConnectionString, TextLanguage

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

NO_SUCH_STACK = "ValidationError"
"""What DescribeStacks answers for a name that no stack has."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployed stack: what it was deployed with, and what it made."""

    stack: str
    parameters: Mapping[str, str]
    """By the names that template.yaml gives them."""
    outputs: Mapping[str, str]
    """The same."""

    @classmethod
    def find(cls, session: Session, stack: str) -> Self:
        """Return the deployment of that stack, in the session's account and region.

        Raises DeploymentError when there is no such stack, and botocore's errors.
        """
        client = cast("CloudFormationClient", session.create_client("cloudformation"))
        try:
            [found] = client.describe_stacks(StackName=stack)["Stacks"]
        except ClientError as error:
            if error.response["Error"]["Code"] != NO_SUCH_STACK:
                raise
            region = client.meta.region_name
            raise DeploymentError(
                f"there is no stack {stack!r} in {region}: name the deployment with --stack, "
                "its account and region with AWS_PROFILE and AWS_REGION"
            ) from error
        return cls(
            stack,
            {p["ParameterKey"]: p["ParameterValue"] for p in found.get("Parameters", [])},
            {o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", [])},
        )

    @property
    def documents_bucket(self) -> str:
        """The bucket that documents are dropped into."""
        return self._output("DocumentsBucketName")

    @property
    def catalog_table(self) -> str:
        """The document catalog's table."""
        return self._output("CatalogTableName")

    @property
    def queue_url(self) -> str:
        """The indexing function's queue."""
        return self._output("IndexingQueueUrl")

    @property
    def dead_letters_url(self) -> str:
        """Where messages go that could not be processed."""
        return self._output("DeadLetterQueueUrl")

    @property
    def connection(self) -> ConnectionString:
        """Where the vectors are."""
        return ConnectionString.parse(self._parameter("VectorStore"))

    @property
    def text_language(self) -> TextLanguage:
        """What full-text search takes documents to be written in."""
        return TextLanguage(self._parameter("TextLanguage"))

    @property
    def recipe(self) -> Recipe:
        """The settings that documents are indexed by; right for functions of this same version."""
        return Recipe.from_environment(
            {
                "EMBEDDING_MODEL": self._parameter("EmbeddingModel"),
                "CHUNK_SIZE": self._parameter("ChunkSize"),
                "CHUNK_OVERLAP": self._parameter("ChunkOverlap"),
            }
        )

    def _parameter(self, name: str) -> str:
        return self._value(self.parameters, name, "parameter")

    def _output(self, name: str) -> str:
        return self._value(self.outputs, name, "output")

    def _value(self, values: Mapping[str, str], name: str, kind: str) -> str:
        if name not in values:
            raise DeploymentError(
                f"stack {self.stack!r} has no {kind} {name}: it is not dropvec's, or was deployed "
                "by another version, and is to be deployed again by this one"
            )
        return values[name]

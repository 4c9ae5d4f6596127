"""The deployment on this machine: what template.yaml declares, created on the local endpoint."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.session import Session

from local.authorization import Role
from local.cloudformation import StackDescription
from local.roles import OPERATOR, access_key_id, credentials, principals, role_arn, roles
from local.s3vectors import Principal
from local.template import ACCOUNT_ID, REGION, Template

STACK_NAME = "dropvec"
VECTOR_STORE = "s3vectors://dropvec-local/demo"

OUTPUTS = ("CatalogTableName", "DeadLetterQueueUrl", "DocumentsBucketName", "IndexingQueueUrl")
"""Of the template's outputs those of the resources that are made here."""

ARNS = {
    "AWS::CloudWatch::Alarm": "arn:aws:cloudwatch:{region}:{account}:alarm:{name}",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "AWS::KMS::Key": "arn:aws:kms:{region}:{account}:key/{name}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}:*",
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{account}:{name}",
    "AWS::Serverless::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
}
"""By type of resource."""

TABLE_PROPERTIES = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema")


class LocalStack:
    """The bucket, queues and table of the template, and the environment that its functions get."""

    def __init__(
        self,
        endpoint_url: str,
        parameters: Mapping[str, str] | None = None,
        *,
        session: Session | None = None,
    ) -> None:
        self.endpoint_url = endpoint_url
        self._session = session or Session()
        self._session.set_credentials(*credentials(OPERATOR).values())
        self.template = Template.load(
            stack_name=STACK_NAME,
            parameters={"VectorStore": VECTOR_STORE, **(parameters or {})},
            resource_values=self._value,
        )

    @property
    def documents_bucket(self) -> str:
        """The bucket that documents are dropped into."""
        return self.template.output("DocumentsBucketName")

    @property
    def catalog_table(self) -> str:
        """The document catalog's table."""
        return self._value("CatalogTable", "")

    @property
    def queue_url(self) -> str:
        """The queue that S3 notifies."""
        return self._value("IndexingQueue", "")

    @property
    def dead_letters_url(self) -> str:
        """Where messages go that could not be processed."""
        return self._value("IndexingDeadLetters", "")

    def principals(self) -> dict[str, Principal]:
        """Return who may do what on an endpoint that asks for it, by access key id."""
        return principals(self.template)

    def roles(self) -> dict[str, Role]:
        """Return the roles that can be assumed on such an endpoint, by ARN."""
        return roles(self.template)

    def keys(self) -> dict[str, str]:
        """Return the KMS key that each service encrypts the stack's resources with, if it is not AWS's."""
        (encryption,) = self.template.properties("DocumentsBucket")["BucketEncryption"][
            "ServerSideEncryptionConfiguration"
        ]
        found = {
            "s3": encryption["ServerSideEncryptionByDefault"].get("KMSMasterKeyID"),
            "sqs": self.template.properties("IndexingQueue").get("KmsMasterKeyId"),
            "dynamodb": self.template.properties("CatalogTable")["SSESpecification"].get(
                "KMSMasterKeyId"
            ),
        }
        return {service: key for service, key in found.items() if key}

    def description(self) -> StackDescription:
        """Return what CloudFormation would say of this stack."""
        outputs = {name: self.template.output(name) for name in OUTPUTS}
        return StackDescription(self.template.parameters, outputs)

    def client(self, service: str) -> Any:
        """Return the operator's client of the local endpoint."""
        return self._session.create_client(
            service, region_name=REGION, endpoint_url=self.endpoint_url
        )

    def environment(self, function: str) -> dict[str, str]:
        """Return the variables that the function would find in Lambda, and those of this machine."""
        return {
            **self.template.environment(function),
            **credentials(access_key_id(function)),
            "AUTH_MODE": "local",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint_url,
        }

    def create(self) -> None:
        """Create every resource, with the properties that the template gives it."""
        sqs, s3, dynamodb = self.client("sqs"), self.client("s3"), self.client("dynamodb")
        for queue in ("IndexingDeadLetters", "IndexingQueue"):
            properties = self.template.properties(queue)
            sqs.create_queue(
                QueueName=_name(queue),
                Attributes={
                    name: _attribute(value) for name, value in properties.items() if name != "Tags"
                },
            )
        table = self.template.properties("CatalogTable")
        dynamodb.create_table(
            TableName=self.catalog_table,
            **{name: table[name] for name in TABLE_PROPERTIES},
        )
        bucket = self.template.properties("DocumentsBucket")
        s3.create_bucket(Bucket=bucket["BucketName"])
        s3.put_bucket_versioning(
            Bucket=bucket["BucketName"], VersioningConfiguration=bucket["VersioningConfiguration"]
        )
        s3.put_bucket_notification_configuration(
            Bucket=bucket["BucketName"],
            NotificationConfiguration={
                "QueueConfigurations": [
                    {"QueueArn": target["Queue"], "Events": [target["Event"]]}
                    for target in bucket["NotificationConfiguration"]["QueueConfigurations"]
                ]
            },
        )

    def _value(self, logical_id: str, attribute: str) -> str:
        """What `Ref` (without attribute) or `GetAtt` gives of a resource."""
        name = _name(logical_id)
        kind = self.template.resource_types()[logical_id]
        match kind, attribute:
            case "AWS::SQS::Queue", "":
                return f"{self.endpoint_url}/{ACCOUNT_ID}/{name}"
            case _, "":
                return name
            case "AWS::IAM::Role", "Arn":
                return role_arn(STACK_NAME, logical_id)
            case "AWS::AppConfig::HostedConfigurationVersion", "VersionNumber":
                return "1"
            case _, "Arn":
                return ARNS[kind].format(region=REGION, account=ACCOUNT_ID, name=name)
        raise KeyError(f"{logical_id}.{attribute}")


def _name(logical_id: str) -> str:
    return f"{STACK_NAME}-{logical_id}"


def _attribute(value: Any) -> str:
    """Queue attributes are strings: JSON for objects, as CloudFormation sends them."""
    if isinstance(value, dict):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)

"""The settings that an index is created with, and that an existing one must have."""

import logging
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from vector_store.errors import IndexMismatchError, VectorIndexNotFoundError
from vector_store.service_errors import error_code, service_errors
from vector_store.vector import NON_FILTERABLE_KEYS, SEARCHABLE_KEY, check_dimensions

if TYPE_CHECKING:
    from mypy_boto3_s3vectors import S3VectorsClient
    from mypy_boto3_s3vectors.type_defs import IndexTypeDef

_logger = logging.getLogger(__name__)

DATA_TYPE: Literal["float32"] = "float32"
DISTANCE_METRIC: Literal["cosine"] = "cosine"


class TextSearch(Enum):
    """Whether an index can be searched by words."""

    ACTIVE = "active"
    BUILDING = "building"
    """Not yet: the texts that were there before are being read."""
    ABSENT = "absent"


class TextLanguage(StrEnum):
    """Whose words a full-text search compares; a language's are compared without their endings."""

    STANDARD = "standard"
    """Any: words as they stand, in lower case."""
    ENGLISH = "en"
    FRENCH = "fr"
    SPANISH = "es"
    PORTUGUESE = "pt"
    ITALIAN = "it"
    GERMAN = "de"
    DUTCH = "nl"
    CHINESE = "zh"
    JAPANESE = "ja"
    KOREAN = "ko"

    @property
    def searchable(self) -> dict[str, str]:
        """The configuration of full-text search on the chunks' text."""
        language = {} if self is TextLanguage.STANDARD else {"language": self.value}
        return {"metadataKey": SEARCHABLE_KEY, **language}


def check_index(
    client: "S3VectorsClient",
    bucket_name: str,
    index_name: str,
    dimensions: int,
    kms_key_arn: str | None = None,
) -> TextSearch:
    """Return whether the index can be searched by words, having seen that it fits these dimensions.

    With a KMS key it must be encrypted with that one; without, it may be encrypted with any.
    Raises IndexMismatchError, naming both sides, where it does not fit, and
    VectorIndexNotFoundError when there is no such index, or no such vector bucket.
    """
    with service_errors(f"index {index_name} of vector bucket {bucket_name}"):
        index = client.get_index(vectorBucketName=bucket_name, indexName=index_name)["index"]
    found = index.get("metadataConfiguration", {}).get("nonFilterableMetadataKeys", [])
    settings: dict[str, tuple[object, object]] = {
        "dimension": (index["dimension"], dimensions),
        "distance metric": (index["distanceMetric"], DISTANCE_METRIC),
        "non-filterable metadata keys": (sorted(found), sorted(NON_FILTERABLE_KEYS)),
    }
    if kms_key_arn is not None:
        key = index.get("encryptionConfiguration", {}).get("kmsKeyArn", "of AWS")
        settings["encryption key"] = (key, kms_key_arn)
    _require_equal(bucket_name, index_name, settings)
    return text_search_of(index)


def check_distance_metric(bucket_name: str, index_name: str, metric: str) -> None:
    """Raise IndexMismatchError, naming both, unless the index's distances are cosine distances."""
    _require_equal(bucket_name, index_name, {"distance metric": (metric, DISTANCE_METRIC)})


def text_search_of(index: "IndexTypeDef") -> TextSearch:
    """Return whether an index, as GetIndex describes it, can be searched by words."""
    configuration: dict[str, Any] = {**index.get("metadataConfiguration", {})}
    for text in configuration.get("textSearchConfigurations", []):
        if text["metadataKey"] == SEARCHABLE_KEY:
            return TextSearch.ACTIVE if text.get("status") == "ACTIVE" else TextSearch.BUILDING
    return TextSearch.ABSENT


def knows_text_search(client: "S3VectorsClient") -> bool:
    """Whether the client's botocore (1.44.5 or newer) knows full-text search."""
    shape = client.meta.service_model.operation_model("QueryVectors").input_shape
    return shape is not None and "queryTexts" in shape.members


def ensure_index(
    client: "S3VectorsClient",
    bucket_name: str,
    index_name: str,
    dimensions: int,
    *,
    text_language: TextLanguage = TextLanguage.STANDARD,
    kms_key_arn: str | None = None,
) -> None:
    """Return with the index there and fitting; it and its vector bucket are created when missing.

    What is created is encrypted with the KMS key, or with keys of AWS where there is none; the
    service never changes that again. The index is, in a vector bucket of other encryption too. It
    keeps the text language that it is created with: the one given, or what the service takes.

    Losing a race to create either is success; the winner's index is checked like any other. Raises
    VectorLimitError for dimensions that no index has.
    """
    check_dimensions(dimensions)
    try:
        check_index(client, bucket_name, index_name, dimensions, kms_key_arn)
    except VectorIndexNotFoundError:
        encryption = _encryption(kms_key_arn)
        _ensure_bucket(client, bucket_name, encryption)
        if not _create_index(
            client, bucket_name, index_name, dimensions, text_language, **encryption
        ):
            check_index(client, bucket_name, index_name, dimensions, kms_key_arn)


def _encryption(kms_key_arn: str | None) -> dict[str, Any]:
    if kms_key_arn is None:
        return {}
    return {"encryptionConfiguration": {"sseType": "aws:kms", "kmsKeyArn": kms_key_arn}}


def _ensure_bucket(client: "S3VectorsClient", bucket_name: str, encryption: dict[str, Any]) -> None:
    if _bucket_exists(client, bucket_name):
        return
    with service_errors(f"vector bucket {bucket_name}"):
        try:
            client.create_vector_bucket(vectorBucketName=bucket_name, **encryption)
        except ClientError as error:
            if error_code(error) != "ConflictException":
                raise


def _bucket_exists(client: "S3VectorsClient", bucket_name: str) -> bool:
    try:
        with service_errors(f"vector bucket {bucket_name}"):
            client.get_vector_bucket(vectorBucketName=bucket_name)
    except VectorIndexNotFoundError:
        return False
    return True


def _create_index(
    client: "S3VectorsClient",
    bucket_name: str,
    index_name: str,
    dimensions: int,
    text_language: TextLanguage,
    **encryption: Any,
) -> bool:
    """Return whether this call created the index; False when somebody else did just now.

    Where the service refuses the language, texts are searched in the standard one; where it refuses
    that too (in a CLASSIC vector bucket), not at all: `dropvec index upgrade` can add it. That an
    index has less than was asked for is logged.
    """
    target = f"index {index_name} of vector bucket {bucket_name}"
    languages: list[TextLanguage | None] = [None]
    if knows_text_search(client):
        languages = [*dict.fromkeys((text_language, TextLanguage.STANDARD)), None]
    refusal: ClientError | None = None
    with service_errors(target):
        for language in languages:
            configuration: Any = {"nonFilterableMetadataKeys": list(NON_FILTERABLE_KEYS)}
            if language is not None:
                configuration["textSearchConfigurations"] = [language.searchable]
            try:
                client.create_index(
                    vectorBucketName=bucket_name,
                    indexName=index_name,
                    dataType=DATA_TYPE,
                    dimension=dimensions,
                    distanceMetric=DISTANCE_METRIC,
                    metadataConfiguration=configuration,
                    **encryption,
                )
            except ClientError as error:
                if error_code(error) == "ConflictException":
                    return False
                if error_code(error) != "ValidationException" or language is None:
                    raise
                refusal = error
            else:
                if refusal is not None:
                    _log_search(target, text_language, language, refusal)
                break
    return True


def _log_search(
    target: str, asked: TextLanguage, had: TextLanguage | None, refusal: ClientError
) -> None:
    """Say which search by words an index was created with, where it is not what was asked for."""
    has = f"in the language {had.value!r}" if had else "not at all (`dropvec index upgrade`)"
    _logger.warning(
        "%s: texts are searched by words %s, and not in %r, which S3 Vectors refused: %s",
        *(target, has, asked.value, refusal.response["Error"].get("Message", "")),
    )


def _require_equal(
    bucket_name: str, index_name: str, settings: dict[str, tuple[object, object]]
) -> None:
    """Raise IndexMismatchError for the settings that an index has otherwise than it is wanted."""
    differences = [
        f"its {name} is {has}, wanted {want}"
        for name, (has, want) in settings.items()
        if has != want
    ]
    if differences:
        raise IndexMismatchError(
            f"index {index_name} of vector bucket {bucket_name} does not fit: "
            f"{'; '.join(differences)}. Use another index prefix, or the settings it was made with"
        )

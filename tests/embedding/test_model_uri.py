import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedding import EmbeddingModel, ModelUri, ModelUriError
from embedding.model_uri import FOUNDATION_MODELS

FOUNDATION_MODEL = st.sampled_from(sorted(FOUNDATION_MODELS))
PREFIX = st.sampled_from(
    [
        "",
        "us.",
        "eu.",
        "global.",
        "us-gov.",
        "arn:aws:bedrock:us-east-1::foundation-model/",
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.",
        "arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us-gov.",
    ]
)


@st.composite
def model_uris(draw: st.DrawFn) -> ModelUri:
    model = draw(FOUNDATION_MODEL)
    dimensions = draw(st.sampled_from(FOUNDATION_MODELS[model].dimensions))
    return ModelUri(draw(PREFIX) + model, dimensions)


@pytest.mark.parametrize(
    ("text", "model_id", "dimensions"),
    [
        ("bedrock://amazon.titan-embed-text-v2:0", "amazon.titan-embed-text-v2:0", 1024),
        (
            "bedrock://amazon.titan-embed-text-v2:0?dimensions=256",
            "amazon.titan-embed-text-v2:0",
            256,
        ),
        ("bedrock://cohere.embed-english-v3", "cohere.embed-english-v3", 1024),
        ("bedrock://cohere.embed-multilingual-v3", "cohere.embed-multilingual-v3", 1024),
        ("bedrock://cohere.embed-v4:0", "cohere.embed-v4:0", 1536),
        ("bedrock://global.cohere.embed-v4:0?dimensions=512", "global.cohere.embed-v4:0", 512),
    ],
)
def test_a_setting_names_a_model_and_its_dimensions(
    text: str, model_id: str, dimensions: int
) -> None:
    assert ModelUri.parse(text) == ModelUri(model_id, dimensions)


@given(model_uris())
def test_parse_and_str_are_inverse_for_any_model(uri: ModelUri) -> None:
    assert ModelUri.parse(str(uri)) == uri


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (
            "bedrock://amazon.titan-embed-text-v2:0",
            "bedrock://amazon.titan-embed-text-v2:0?dimensions=1024",
        ),
        ("bedrock://cohere.embed-english-v3?dimensions=1024", "bedrock://cohere.embed-english-v3"),
    ],
)
def test_the_canonical_form_states_the_dimensions_where_there_is_a_choice(
    text: str, canonical: str
) -> None:
    assert str(ModelUri.parse(text)) == canonical


@given(FOUNDATION_MODEL, PREFIX)
def test_profiles_and_arns_lead_to_the_same_model(model: str, prefix: str) -> None:
    direct = ModelUri.parse(f"bedrock://{model}")

    assert ModelUri.parse(f"bedrock://{prefix}{model}").model == direct.model


def test_other_dimensions_are_another_model() -> None:
    uris = [f"bedrock://cohere.embed-v4:0?dimensions={n}" for n in (256, 512, 1024, 1536)]

    assert len({ModelUri.parse(uri).model for uri in uris}) == 4


def test_a_model_states_its_limits() -> None:
    assert ModelUri.parse("bedrock://us.cohere.embed-multilingual-v3").model == EmbeddingModel(
        uri="bedrock://cohere.embed-multilingual-v3",
        dimensions=1024,
        max_input_tokens=512,
        max_input_characters=2048,
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", "bedrock://<model id>[?dimensions=<n>]"),
        ("amazon.titan-embed-text-v2:0", "bedrock://<model id>[?dimensions=<n>]"),
        ("openai://text-embedding-3-small", "bedrock://<model id>[?dimensions=<n>]"),
        ("BEDROCK://cohere.embed-english-v3", "bedrock://<model id>[?dimensions=<n>]"),
        ("bedrock://", "amazon.titan-embed-text-v2:0, cohere.embed-english-v3"),
        ("bedrock://amazon.titan-embed-text-v1", "amazon.titan-embed-text-v2:0"),
        ("bedrock://cohere.embed-v4", "cohere.embed-v4:0"),
        ("bedrock://cohere.embed-english-v3 ", "cohere.embed-english-v3"),
        ("bedrock://us.eu.cohere.embed-v4:0", "cohere.embed-v4:0"),
        (
            "bedrock://arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/ab12",
            "an ARN that names one of them",
        ),
        (
            "bedrock://arn:aws:bedrock:us-east-1:123456789012:provisioned-model/ab12",
            "an ARN that names one of them",
        ),
        ("bedrock://amazon.titan-embed-text-v2:0?dimensions=1536", "256, 512, 1024 dimensions"),
        ("bedrock://cohere.embed-english-v3?dimensions=512", "1024 dimensions"),
        ("bedrock://cohere.embed-v4:0?dimensions=384", "256, 512, 1024, 1536 dimensions"),
        ("bedrock://cohere.embed-v4:0?", "dimensions=<n>"),
        ("bedrock://cohere.embed-v4:0?dimensions=", "dimensions=<n>"),
        ("bedrock://cohere.embed-v4:0?dimensions=0256", "dimensions=<n>"),
        ("bedrock://cohere.embed-v4:0?dimensions=２５６", "dimensions=<n>"),
        ("bedrock://cohere.embed-v4:0?dimensions=256&dimensions=256", "dimensions=<n>"),
        ("bedrock://cohere.embed-v4:0?normalize=false", "dimensions=<n>"),
    ],
)
def test_an_error_quotes_the_setting_and_shows_what_is_allowed(text: str, shown: str) -> None:
    with pytest.raises(ModelUriError) as error:
        ModelUri.parse(text)

    assert repr(text) in str(error.value)
    assert shown in str(error.value)


@given(st.text() | st.text(alphabet="abcdehimnorst.-:/?=0124256").map("bedrock://".__add__))
def test_any_other_text_is_a_model_uri_error(text: str) -> None:
    with pytest.raises(ModelUriError) as error:
        ModelUri.parse(text)

    assert repr(text) in str(error.value)

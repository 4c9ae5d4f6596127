"""How the operator's command finds what was deployed."""

import pytest

from dropvec.deployment import Deployment
from dropvec.errors import DeploymentError
from local.roles import OPERATOR
from tests.functional.conftest import session_of


def test_a_deployment_is_found_by_the_name_of_its_stack(deployment):
    found = Deployment.find(session_of(OPERATOR), "dropvec")

    assert found.connection == deployment.store
    assert found.documents_bucket == deployment.bucket
    assert found.catalog_table == deployment.stack.catalog_table
    assert found.queue_url == deployment.stack.queue_url
    assert found.dead_letters_url == deployment.stack.dead_letters_url


def test_a_deployment_knows_the_recipe_that_its_documents_are_indexed_by(deployment):
    deployment.deploy(ChunkSize="500")
    deployment.put("guide.txt", "The guide speaks of kettles.")
    deployment.index_all()

    found = Deployment.find(session_of(OPERATOR), "dropvec")

    assert found.recipe.digest == deployment.entry("guide.txt").recipe


def test_an_unknown_stack_is_an_error_that_says_how_to_name_another(deployment):  # noqa: ARG001
    with pytest.raises(DeploymentError, match=r"no stack 'other' in us-east-1: .* --stack"):
        Deployment.find(session_of(OPERATOR), "other")


def test_a_stack_of_another_kind_is_refused_by_name():
    found = Deployment("shop", {}, {"Url": "https://shop.example"})

    with pytest.raises(DeploymentError, match="stack 'shop' has no output CatalogTableName"):
        _ = found.catalog_table
    with pytest.raises(DeploymentError, match="stack 'shop' has no parameter VectorStore"):
        _ = found.connection

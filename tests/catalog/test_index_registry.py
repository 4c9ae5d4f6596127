import pytest

from catalog import ModelMismatchError

INDEX = "vectors/app1.chunk-acme"
ONE = {"model": "bedrock://one", "dimensions": 256, "recipe": "r1"}


def test_an_index_is_registered_once(catalog, calls):
    first = catalog.indexes.register(INDEX, **ONE)
    again = catalog.indexes.register(INDEX, **{**ONE, "recipe": "r2"})

    assert first == again
    assert (first.model, first.dimensions, first.recipe, first.exists) == (
        "bedrock://one",
        256,
        "r1",
        False,
    )
    assert calls.count_by_kind() == {"GetItem": 2, "PutItem": 1}


def test_an_index_takes_one_model_and_names_both_otherwise(catalog):
    catalog.indexes.register(INDEX, **ONE)

    with pytest.raises(ModelMismatchError, match=r"bedrock://one.*bedrock://two"):
        catalog.indexes.register(INDEX, **{**ONE, "model": "bedrock://two"})


def test_what_was_seen_of_an_index_is_noted(catalog):
    catalog.indexes.register(INDEX, **ONE)

    catalog.indexes.note(INDEX, model="bedrock://one", recipe="r2", exists=True)

    registered = catalog.indexes.register(INDEX, **ONE)
    assert (registered.recipe, registered.exists) == ("r2", True)


def test_all_indexes_are_listed(catalog):
    for name in ("b", "a"):
        catalog.indexes.register(f"vectors/{name}", **ONE)

    assert [registered.index for registered in catalog.indexes] == ["vectors/a", "vectors/b"]

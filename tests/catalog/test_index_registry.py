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


def test_an_index_is_listed_before_there_is_a_model_for_it(catalog, calls):
    announced = catalog.indexes.announce(INDEX)

    assert catalog.indexes.announce(INDEX) == announced
    assert (announced.model, announced.exists) == ("", False)
    assert calls.count_by_kind() == {"GetItem": 2, "PutItem": 1}
    assert list(catalog.indexes) == [announced]


def test_an_index_that_is_only_listed_takes_the_model_of_the_first_that_has_embeddings(catalog):
    announced = catalog.indexes.announce(INDEX)

    registered = catalog.indexes.register(INDEX, **ONE, known=announced)

    assert registered.model == "bedrock://one"
    assert catalog.indexes.register(INDEX, **ONE, known=announced) == registered
    assert catalog.indexes.announce(INDEX) == registered
    with pytest.raises(ModelMismatchError):
        catalog.indexes.register(INDEX, **{**ONE, "model": "bedrock://two"})


def test_of_two_models_for_a_listed_index_the_first_to_be_registered_has_it(catalog, monkeypatch):
    read = catalog.indexes._get

    def after_a_rival(index):
        monkeypatch.undo()
        found = read(index)
        catalog.indexes.register(INDEX, **ONE)
        return found

    catalog.indexes.announce(INDEX)
    monkeypatch.setattr(catalog.indexes, "_get", after_a_rival)

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

import importlib.util
import json
import marshal
import re
import shutil
import sys
from pathlib import Path

import botocore
import botocore.session
import pytest
import yaml
from botocore.loaders import Loader
from botocore.serialize import create_serializer

from packing import bytecode, code, dependencies, service_models, trimming
from packing.__main__ import main

ROOT = Path(__file__).parents[2]
BOTOCORE_DATA = Path(botocore.__file__).parent / "data"
UNCHECKED_HASH = 0b01


@pytest.fixture
def this_python(monkeypatch):
    """Lambda's Python is taken to be the one that runs the tests."""
    monkeypatch.setattr(bytecode, "RUNTIME", sys.version_info[:2])


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """botocore's data of our services, and of one more, trimmed."""
    folder = tmp_path_factory.mktemp("data")
    for name in (*service_models.SERVICES, "sns"):
        shutil.copytree(BOTOCORE_DATA / name, folder / name)
    for path in BOTOCORE_DATA.glob("*.json"):
        shutil.copy(path, folder)
    service_models.trim(folder)
    return folder


def files(folder):
    return {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}


def code_of(compiled):
    return marshal.loads(compiled[16:])  # noqa: S302 - compiled here


def session_with(data):
    session = botocore.session.Session()
    session.set_credentials("local", "local")
    session.set_config_variable("region", "eu-central-1")
    if data:
        loader = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
        session.register_component("data_loader", loader)
    return session


def test_a_package_is_shipped_with_all_its_modules_and_their_bytecode(tmp_path, this_python):  # noqa: ARG001
    arguments = ["code", "functions", "--package", "indexing", "--into", str(tmp_path)]

    main([*arguments, "--run-in", "/var/task"])

    sources = {path.name for path in (ROOT / "functions/indexing").rglob("*.py")}
    shipped = {path.name for path in (tmp_path / "indexing").rglob("*.py")}
    assert {path.name for path in tmp_path.iterdir()} == {"indexing"}
    assert shipped == sources
    for path in tmp_path.rglob("*.py"):
        compiled = Path(importlib.util.cache_from_source(str(path))).read_bytes()
        assert int.from_bytes(compiled[4:8], "little") == UNCHECKED_HASH
        assert code_of(compiled).co_filename == f"/var/task/{path.relative_to(tmp_path)}"


def test_two_builds_are_the_same_to_the_byte_and_the_second(tmp_path, this_python):  # noqa: ARG001
    trees = []
    for name in ("one", "other"):
        into = tmp_path / name / "python"
        main(["code", "layers/shared", "--into", str(into), "--run-in", "/opt/python"])
        trees.append(
            {
                path: (found.read_bytes(), found.stat().st_mtime, found.stat().st_mode)
                for path, found in files(into).items()
            }
        )

    assert trees[0] == trees[1]
    assert len(trees[0]) > 50


def test_no_file_names_the_folder_that_it_was_built_in(tmp_path, this_python):  # noqa: ARG001
    main(["code", "functions", "--into", str(tmp_path), "--run-in", "/var/task"])

    assert {
        p for p, path in files(tmp_path).items() if bytes(tmp_path) in path.read_bytes()
    } == set()


def test_a_package_that_is_not_there_is_an_error_that_names_those_that_are(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no package 'indexng'; it has .*'indexing'"):
        code.copy(ROOT / "functions", tmp_path, packages=["indexng"])


def test_bytecode_of_another_python_than_the_runtimes_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(bytecode, "RUNTIME", (3, 99))

    with pytest.raises(RuntimeError, match=r"the bytecode is for 3\.99"):
        bytecode.compile_all(tmp_path, run_in="/opt/python")


def test_a_module_that_cannot_be_compiled_is_an_error(tmp_path, this_python):  # noqa: ARG001
    (tmp_path / "broken.py").write_text("def (")

    with pytest.raises(RuntimeError, match="not every module"):
        bytecode.compile_all(tmp_path, run_in="/opt/python")


def test_every_layer_and_function_of_the_template_is_built_by_a_target():
    class Loose(yaml.SafeLoader):
        """Takes every tag of CloudFormation for its text."""

    Loose.add_multi_constructor("!", lambda _loader, _suffix, node: node.value)
    template = yaml.load((ROOT / "template.yaml").read_text(), Loose)  # noqa: S506
    targets = re.findall(r"^build-([\w%]+):", (ROOT / "packing/Makefile").read_text(), re.MULTILINE)
    built = {
        name: resource["Metadata"]
        for name, resource in template["Resources"].items()
        if resource["Type"] in {"AWS::Serverless::Function", "AWS::Serverless::LayerVersion"}
    }

    assert {metadata["BuildMethod"] for metadata in built.values()} == {"makefile"}
    for name, metadata in built.items():
        assert name in targets or re.sub(r"^[A-Za-z]+Function$", "%Function", name) in targets
        for processor in template["Parameters"]["Architecture"]["AllowedValues"]:
            folder = metadata["ContextPath"].replace("${Architecture}", processor)
            assert (ROOT / folder / "Makefile").is_file()


def test_both_processors_of_the_template_can_be_packed_for():
    assert sorted(dependencies.PLATFORMS) == ["arm64", "x86_64"]


def test_every_client_that_functions_make_has_its_data_shipped():
    called = {
        service
        for folder in ("functions", "layers/shared")
        for path in (ROOT / folder).rglob("*.py")
        for service in re.findall(r"create_client\(\s*\"([\w-]+)\"", path.read_text())
    }

    assert called <= set(service_models.SERVICES)
    assert {"bedrock-runtime", "dynamodb", "s3", "s3vectors", "sqs"} <= called


def test_only_the_services_that_are_called_are_kept(data):
    assert {path.name for path in data.iterdir() if path.is_dir()} == set(service_models.SERVICES)
    assert sum(path.stat().st_size for path in files(data).values()) < 1_500_000


@pytest.mark.parametrize("service", service_models.SERVICES)
def test_a_client_of_trimmed_data_is_what_it_is_of_all_data(data, service):
    trimmed, whole = (session_with(folder).create_client(service) for folder in (data, None))

    assert trimmed.meta.endpoint_url == whole.meta.endpoint_url
    assert trimmed.meta.method_to_api_mapping == whole.meta.method_to_api_mapping
    for method, operation in whole.meta.method_to_api_mapping.items():
        assert trimmed.can_paginate(method) == whole.can_paginate(method)
        ours, all_of_it = (
            c.meta.service_model.operation_model(operation) for c in (trimmed, whole)
        )
        assert described(ours.input_shape) == described(all_of_it.input_shape)
        assert described(ours.output_shape) == described(all_of_it.output_shape)
        assert ours.http == all_of_it.http


def described(shape, seen=()):
    """A shape with all that is in it, but for its prose."""
    if shape is None or shape.name in seen:
        return shape and shape.name
    seen = (*seen, shape.name)
    parts = {
        "structure": lambda: {k: described(m, seen) for k, m in shape.members.items()},
        "list": lambda: described(shape.member, seen),
        "map": lambda: (described(shape.key, seen), described(shape.value, seen)),
    }.get(shape.type_name, lambda: None)()
    required = getattr(shape, "required_members", [])
    return (
        shape.type_name,
        sorted(required),
        repr(shape.serialization),
        repr(shape.metadata),
        parts,
    )


def test_a_request_of_trimmed_data_is_serialized_as_of_all_data(data):
    parameters = {"Bucket": "b", "Key": "a/é", "VersionId": "1", "Range": "bytes=0-9"}
    written = []
    for folder in (data, None):
        model = session_with(folder).get_service_model("s3")
        serializer = create_serializer(model.metadata["protocol"])
        written.append(
            serializer.serialize_to_request(parameters, model.operation_model("GetObject"))
        )

    assert written[0] == written[1]


def test_models_hold_no_prose(data):
    def prose(value):
        if isinstance(value, dict):
            return any(
                (key == "documentation" and isinstance(member, str) and member) or prose(member)
                for key, member in value.items()
            )
        return isinstance(value, list) and any(map(prose, value))

    models = [path for path in files(data).values() if path.name == "service-2.json"]
    assert len(models) == len(service_models.SERVICES)
    assert not any(prose(json.loads(path.read_text())) for path in models)


def test_what_nobody_reads_is_left_out_and_licences_stay(tmp_path, data):
    kept = (
        "some/module.py",
        "some/native.so",
        "some-1.dist-info/METADATA",
        "some-1.dist-info/licenses/L",
    )
    left_out = (
        "some/native.c",
        "some/stub.pyi",
        "bin/tool",
        "some-1.dist-info/RECORD",
        "some/py.typed",
    )
    for name in (*kept, *left_out):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    shutil.copytree(data, tmp_path / "botocore/data")

    trimming.trim(tmp_path)

    found = {str(path) for path in files(tmp_path) if path.parts[0] != "botocore"}
    assert found == set(kept)

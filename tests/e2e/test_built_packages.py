"""What `sam build` left for Lambda: the same at every build, small, and nothing but what functions run."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from local.template import Template

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
BUILT = ROOT / ".aws-sam/build"
TEMPLATE = Template.load(
    stack_name="search",
    parameters={"VectorStore": "s3vectors://my-s3-vectors-bucket"},
    resource_values=lambda logical_id, attribute: f"{logical_id}.{attribute}",
)
LAYERS = TEMPLATE.logical_ids("AWS::Serverless::LayerVersion")
PACKED = [*TEMPLATE.logical_ids("AWS::Serverless::Function"), *LAYERS]

OF_DEVELOPMENT = re.compile(
    r"(^|/)(tests?|conftest\.py|\.\w+_cache|[^/]+\.egg-info|pip|setuptools)(/|$)"
)


def files(folder):
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("name", PACKED)
def test_a_second_build_is_the_same_to_the_byte(name, tmp_path):
    subprocess.run(
        ["make", "--silent", "--makefile", "packing/x86_64/Makefile", f"build-{name}"],  # noqa: S607
        cwd=ROOT,
        env={**os.environ, "ARTIFACTS_DIR": str(tmp_path)},
        check=True,
    )

    first, second = files(BUILT / name), files(tmp_path)
    assert sorted(first) == sorted(second)
    assert {path for path in first if first[path] != second[path]} == set()


@pytest.mark.parametrize("name", PACKED)
def test_no_test_no_cache_and_no_tool_is_shipped(name):
    shipped = files(BUILT / name)

    assert {path for path in shipped if OF_DEVELOPMENT.search(path)} == set()
    stray = {p for p in shipped if p.endswith(".pyc") and Path(p).parent.name != "__pycache__"}
    assert stray == set()
    assert {path for path, (_, content) in shipped.items() if os.fsencode(ROOT) in content} == set()


def test_the_layer_has_the_locked_packages_and_no_others():
    locked = (ROOT / "layers/dependencies/requirements.txt").read_text()
    wanted = {
        f"{name.replace('-', '_')}-{v}"
        for name, v in re.findall(r"^(\S+)==(\S+)", locked, re.MULTILINE)
    }

    found = {
        path.name.removesuffix(".dist-info")
        for path in (BUILT / "DependenciesLayer/python").glob("*.dist-info")
    }
    assert found == wanted


def test_the_layers_are_small_and_every_module_comes_with_its_bytecode():
    layers = [files(BUILT / layer) for layer in LAYERS]
    sources = {path.with_suffix("").name for path in BUILT.rglob("*.py")}
    compiled = {path.name.partition(".")[0] for path in BUILT.rglob("*.cpython-313.pyc")}

    assert sum(len(content) for layer in layers for _, content in layer.values()) <= 60_000_000
    assert len(sources) > 200
    assert sources - compiled == set()

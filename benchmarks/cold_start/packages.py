"""What is compared: dropvec's functions as `make build` makes them, and boto3 as `sam build` does."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from benchmarks.cold_start.containers import Packed

ROOT = Path(__file__).parents[2]
BUILT = ROOT / ".aws-sam" / "build"
LAYERS = ("DependenciesLayer", "SharedLayer")
PROBE = Path(__file__).with_name("probe.py")

BOTO3_HANDLER = """import boto3

client = boto3.client("s3vectors")


def lambda_handler(event, context):
    return "ready"
"""

BOTO3_TEMPLATE = """AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: code, Handler: app.lambda_handler, Runtime: python3.13 }
"""


def dropvec(function: str, environment: Mapping[str, str], folder: Path) -> Packed:
    """Return one of the template's functions as it was built, with both layers."""
    package = function.removesuffix("Function").lower()
    opt = folder / "dropvec"
    if not opt.exists():
        for layer in LAYERS:
            shutil.copytree(BUILT / layer, opt, dirs_exist_ok=True)
        shutil.copy(PROBE, opt / "python")
    handler = f"{package}.handler.lambda_handler"
    return Packed(f"dropvec {package}", handler, BUILT / function, opt, environment)


def boto3(environment: Mapping[str, str], folder: Path) -> tuple[Packed, Packed]:
    """Return the handler that builds a client with boto3: as `sam build` packs it, and with bytecode."""
    app = folder / "app"
    (app / "code").mkdir(parents=True)
    (app / "template.yaml").write_text(BOTO3_TEMPLATE)
    (app / "code" / "app.py").write_text(BOTO3_HANDLER)
    release = version("boto3")
    (app / "code" / "requirements.txt").write_text(f"boto3=={release}\nbotocore=={release}\n")
    python = subprocess.run(  # noqa: S603
        [ROOT / "scripts/python313"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    subprocess.run(  # noqa: S603
        [ROOT / ".venv-sam/bin/sam", "build"],
        cwd=app,
        env={**os.environ, "PATH": f"{python}:{os.environ['PATH']}", "SAM_CLI_TELEMETRY": "0"},
        capture_output=True,
        check=True,
    )
    plain, compiled, opt = app / ".aws-sam/build/Function", app / "compiled", app / "opt"
    shutil.copytree(plain, compiled)
    subprocess.run(  # noqa: S603
        [
            *(f"{python}/python3.13", "-m", "compileall", "-q"),
            *("--invalidation-mode", "unchecked-hash", compiled),
        ],
        check=True,
    )
    (opt / "python").mkdir(parents=True)
    shutil.copy(PROBE, opt / "python")
    return (
        Packed("boto3, sam build", "app.lambda_handler", plain, opt, environment),
        Packed("boto3, bytecode", "app.lambda_handler", compiled, opt, environment),
    )

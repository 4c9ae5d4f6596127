"""Every command of README runs: here, or as the stage of the checks that is named beside it."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()

RUN_ELSEWHERE = {
    "make run": "make demo runs the same, without staying up",
    "make test": "part of make check",
    "make build": "part of make sam-test",
    ".venv-sam/bin/sam deploy --parameter-overrides "
    "VectorStore=s3vectors://my-s3-vectors-bucket/app1": (
        "needs an AWS account; make validate checks the template"
    ),
}


def commands():
    blocks = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    return [line for block in blocks for line in block.strip().splitlines()]


@pytest.fixture(scope="module")
def served():
    """What `make serve` prints, while it is up."""
    with subprocess.Popen(
        ["make", "serve"],  # noqa: S607 - as README has it
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        yield "".join(lines)
        os.killpg(process.pid, signal.SIGTERM)  # an interrupt is ignored in the background


def shell(command):
    environment = {
        **os.environ,
        "PATH": f"{ROOT / '.venv-sam/bin'}:{os.environ['PATH']}",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4600",
    }
    done = subprocess.run(
        ["bash", "-c", command],  # noqa: S607 - the shell that README is written for
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_served_stack_takes_a_document_and_answers_as_readme_says(served):
    (copy,) = [command for command in commands() if command.startswith("aws s3 cp")]
    (ask,) = [command for command in commands() if command.startswith("curl")]

    shell(copy)
    matches = wait_for_matches(ask)

    assert "http://127.0.0.1:4600" in served
    assert "http://127.0.0.1:3000" in served
    assert matches[0]["document"]["key"] == "README.md"


def test_the_served_stack_is_filled_and_asked_as_a_deployed_one(served):  # noqa: ARG001 - is up
    """By the commands of docs/deployment.md, but for the address and the signature."""
    deployment = (ROOT / "docs/deployment.md").read_text()
    (find_bucket,) = re.findall(r"^bucket=\$\(.*?\)$", deployment, re.DOTALL | re.MULTILINE)
    (copy,) = re.findall(r"^aws s3 cp .*$", deployment, re.MULTILINE)
    ((path, body),) = re.findall(
        r'^curl -s "\$api(.*?)".*? -d (\'.*?\')$', deployment, re.DOTALL | re.MULTILINE
    )

    shell(f"{find_bucket}\n{copy}")
    matches = wait_for_matches(f"curl -s http://127.0.0.1:3000{path} -d {body}")

    assert matches[0]["document"]["key"] == "tenants/bakery/recipes/country-sourdough.md"


def test_the_served_stack_is_in_step_as_the_command_of_readme_finds(served):  # noqa: ARG001 - is up
    dry_run, sync = [c for c in commands() if c.startswith(".venv/bin/dropvec sync")]

    assert "to ask for: 0" in shell(dry_run)
    assert "asked for: 0" in shell(sync)


def test_the_estimate_of_the_cost_needs_no_deployment():
    (cost,) = [c for c in commands() if c.startswith(".venv/bin/dropvec cost")]

    assert "50,000,000 chunks in all" in shell(cost)


def test_no_command_of_readme_is_run_nowhere():
    here = ("make serve", "export AWS_", "aws s3 cp", "curl", ".venv/bin/dropvec ")
    run_here = {command for command in commands() if command.startswith(here)}

    assert set(commands()) - run_here == set(RUN_ELSEWHERE)


def wait_for_matches(ask):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        answer = json.loads(shell(ask))
        if answer.get("matches"):
            return answer["matches"]
        time.sleep(0.5)
    raise AssertionError(f"not answered within a minute: {answer}")

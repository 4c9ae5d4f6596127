# `make run` and `make test` install what they need. Every target can be called on a clean checkout.
.DEFAULT_GOAL := help
.PHONY: help setup run demo serve test api-test costly-test soak check lint types imports lock check-lock openapi check-openapi bench bench-setup bench-test sam-setup audit audit-setup audit-template sbom build validate sam-test toolkit-setup toolkit-test clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export SAM_CLI_TELEMETRY := 0
# Tests wait for servers a third of their time.
WORKERS ?= $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN) * 3 / 2 )))
API_PORT ?= 3000
AWS_PORT ?= 4600
RUNS ?= 3

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(VENV)/installed ## Make .venv and install everything into it

# The lock names every package, so that pip has nothing to resolve (--no-deps).
$(VENV)/installed: requirements/dev.txt pyproject.toml
	scripts/venv $(VENV) $(PYTHON)
	$(BIN)/pip install --quiet --no-deps --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

run: setup ## Start the local stack, index samples/, ask five questions, stay up until Ctrl-C
	$(BIN)/python -m local.demo --stay --api-port $(API_PORT) --aws-port $(AWS_PORT)

demo: setup ## The same, then exit: 0 if every expected passage was the first match
	$(BIN)/python -m local.demo --api-port $(API_PORT) --aws-port $(AWS_PORT)

serve: setup ## The local stack alone, with an empty bucket; DATA=folder keeps everything there
	$(BIN)/python -m local.serve --api-port $(API_PORT) --aws-port $(AWS_PORT) $(if $(DATA),--data "$(DATA)")

test: setup ## The tests that every change must pass: five minutes, no Docker
	$(BIN)/pytest -n $(WORKERS)

api-test: setup ## Requests generated from docs/openapi.json, by the hundred, against the local API
	$(BIN)/pytest -m api tests/functional

costly-test: setup ## Documents that do harm by seconds and gigabytes, an operator's procedures, and data of earlier layouts
	$(BIN)/pytest -n 2 -m costly tests/hostile tests/functional

soak: setup ## 5,000 histories of bucket and workers, and 10,000 requests of any caller for anything
	$(BIN)/pytest -n auto --hypothesis-profile=soak tests/convergence tests/functional/test_any_request.py

check: lint types imports check-lock check-openapi test ## What a change must pass

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

imports: setup
	$(BIN)/lint-imports

lock: setup ## Compile requirements/ and the layer's requirements from pyproject.toml
	scripts/lock $(BIN)/uv

check-lock: setup ## Fail when a compiled file is stale
	scripts/lock $(BIN)/uv --check

openapi: setup ## Write docs/openapi.json from the function's routes and models
	$(BIN)/python -m local.openapi

check-openapi: setup ## Fail when it is stale
	$(BIN)/python -m local.openapi --check

bench-setup: .venv-bench/installed ## The libraries that dropvec is compared with, in .venv-bench

.venv-bench/installed: requirements/bench.txt
	scripts/venv .venv-bench $(PYTHON)
	.venv-bench/bin/pip install --quiet --no-deps --require-hashes -r requirements/bench.txt
	touch $@

bench: setup bench-setup ## dropvec beside other libraries; writes docs/benchmarks.md (RUNS=3, CASES="put update")
	$(BIN)/python -m benchmarks.peers --runs $(RUNS) $(if $(CASES),--cases $(CASES))

bench-test: setup bench-setup ## Two of its cases, once: that it runs, and that dropvec loses nothing
	$(BIN)/python -m benchmarks.peers --runs 1 --cases put-500 update --docs build/bench

sam-setup: .venv-sam/installed ## The SAM CLI and the AWS CLI, in .venv-sam

# The SAM CLI pins an older boto3: an environment of its own.
.venv-sam/installed: requirements/sam.txt
	scripts/venv .venv-sam $(PYTHON)
	.venv-sam/bin/pip install --quiet --no-deps --require-hashes -r requirements/sam.txt
	touch $@

validate: sam-setup ## Lint the template, and let SAM translate it, which refuses what lint does not notice
	.venv-sam/bin/sam validate --lint
	.venv-sam/bin/sam validate --config-env without-lint --region us-east-1

audit-setup: .venv-audit/installed ## Checkov and what audits dependencies, in .venv-audit

.venv-audit/installed: requirements/audit.txt
	scripts/venv .venv-audit $(PYTHON)
	.venv-audit/bin/pip install --quiet --no-deps --no-compile --require-hashes -r requirements/audit.txt
	touch $@

audit: sbom ## Known vulnerabilities of what the layers ship, where PyPI's advisories can be reached, and the bill of materials
	scripts/audit-dependencies .venv-audit/bin/pip-audit layers/dependencies/requirements.txt

sbom: audit-setup ## A bill of materials (CycloneDX) of the dependencies layer, in build/sbom.json
	mkdir -p build
	.venv-audit/bin/cyclonedx-py requirements layers/dependencies/requirements.txt \
		--pyproject pyproject.toml --output-reproducible --output-format JSON --outfile build/sbom.json

audit-template: audit-setup ## What Checkov finds in the template; exceptions are argued there, at the resource
	.venv-audit/bin/checkov --file template.yaml --framework cloudformation --compact --quiet --skip-download

build: sam-setup ## sam build, by packing/; needs python3.13 or Docker
	scripts/sam-build

sam-test: setup validate build ## The functions in Lambda containers against the local stack (needs Docker)
	scripts/sam-test

toolkit-setup: .venv-toolkit/installed ## graphrag-toolkit, in .venv-toolkit

# It pins versions of its own. Most of what it brings is never imported, so nothing is compiled ahead.
.venv-toolkit/installed: requirements/toolkit.txt
	scripts/venv .venv-toolkit $(PYTHON)
	.venv-toolkit/bin/pip install --quiet --no-deps --no-compile --require-hashes -r requirements/toolkit.txt
	touch $@

toolkit-test: setup toolkit-setup ## graphrag-toolkit and dropvec on each other's indexes
	$(BIN)/pytest -m toolkit tests/functional/toolkit

clean:
	rm -rf .venv .venv-audit .venv-bench .venv-sam .venv-toolkit .aws-sam build

# The two commands of a newcomer: `make demo` and `make test`. Both set everything up first.

PY := .venv/bin/python
export HF_HUB_OFFLINE := 1
# Bytecode is kept, whatever the machine says: each of some hundred processes of the tests would
# compile all that it imports, which takes as long as all else until a node is active.
export PYTHONDONTWRITEBYTECODE :=
export PYTHONPYCACHEPREFIX := $(CURDIR)/.cache/bytecode

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format pytest gate bench generate clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## create .venv with everything in it; quick when nothing changed
	@scripts/setup

demo: setup ## explore a simulated apartment, then ask and drive; writes out/demo/
	@$(PY) -m memory_sim.demo.main $(ARGS)

lint: setup ## ruff, mypy and who may import whom
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(dir $(PY))lint-imports --cache-dir .cache/import_linter

format: setup ## let ruff rewrite what it can
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

# What talks over DDS does not run beside what takes all of a core: its patience is bounded. Its own
# files do not meet, each has a domain of its own. In order of their names, which is any order: by
# number of tests, the files of a few long ones came last, when one process had nothing left to do.
pytest: setup
ifdef ARGS
	$(PY) -m pytest $(ARGS)
else
	$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore=test/ros
	$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder test/ros
endif

gate: setup ## run the small benchmark and compare with its baseline; SAVE=1 makes a new one
	@rm -rf out/bench/gate
	$(PY) -m memory_bench.cli run config/bench/small.yaml --out out/bench/gate
	$(PY) -m memory_bench.cli gate out/bench/gate --baseline config/bench/baseline.json \
		$(if $(SAVE),--save)

test: lint pytest gate ## every check there is; skipped tests are listed with their reason

bench: setup ## measure the core and the node, as docs/benchmarks.md reports them
	$(PY) test/bench/core.py
	$(PY) test/bench/ros_node.py

generate: setup ## write config/memory.yaml, docs/parameters.md and the security policy
	$(PY) scripts/generate_parameters.py
	$(PY) scripts/generate_policy.py

clean: ## remove everything that was made, .venv too
	rm -rf .venv .cache build install log out *.egg-info

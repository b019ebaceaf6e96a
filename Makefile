# Everything from one shell, on a fresh machine: nothing to activate, nothing is asked.
#   make demo    set up, and see the whole pipeline work (MODEL=choi+mn04, musicnn, …: with these networks)
#   make serve   set up, and answer at http://127.0.0.1:8765 with the demo's catalogue
#   make test    set up, and run lint, types, layers and tests
#   make test-portable  run what computes with the kernels of other processors as well
#   make test-service  send thousands of requests of any kind to the service
#   make crawl SOURCE=~/Music, make extract, make index, make query SEED="a title"
# PYTHON=python3.12 chooses another Python.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := $(VENV)/demo
SOURCE ?=
SEED ?=
MODEL ?=
# a file's tests stay together as long as all are busy: what they share is made once
SIDE_BY_SIDE := -n 4 --dist worksteal
COMPUTING := $(addprefix tests/,extract index query map evaluate demo operations test_complaints.py test_shared_audio.py)

.PHONY: help demo serve test suite test-portable test-service lint bench pictures crawl extract index query build-all check-tools check-compiler clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^#   *//p' $(firstword $(MAKEFILE_LIST))

# where no weights can be downloaded, the demo has pip bring musicnn's
demo: $(VENV)/.installed
	@$(BIN)/spotrec demo $(if $(MODEL),--model $(MODEL))

# the demo's own folder, so that it shows nothing of yours
serve: $(VENV)/.installed-serve
	@$(BIN)/spotrec demo --dir $(DEMO) $(if $(MODEL),--model $(MODEL))
	@$(BIN)/spotrec serve --store $(DEMO)/spotrec.db --index-dir $(DEMO)/index --cache $(DEMO)/audio $(if $(PORT),--port $(PORT))

# lint beside the tests, many of which wait
test: $(VENV)/.installed-dev
	@$(MAKE) --no-print-directory -j2 lint suite

# the real musicnn is tested too, where pip can bring it
suite: $(VENV)/.installed-dev
	@SPOTREC_DATA_DIR=$(VENV) $(BIN)/spotrec models install musicnn || echo 'tests of the real musicnn are skipped'
	@SPOTREC_MUSICNN_WEIGHTS=$(CURDIR)/$(VENV)/weights/musicnn/MSD_musicnn.index $(BIN)/pytest $(SIDE_BY_SIDE)

# OpenBLAS, then TensorFlow, as on processors that know less
test-portable: $(VENV)/.installed-dev
	@status=0; for kernel in OPENBLAS_CORETYPE=Haswell OPENBLAS_CORETYPE=Sandybridge ONEDNN_MAX_CPU_ISA=AVX2; do \
		echo "with $$kernel"; env $$kernel $(BIN)/pytest $(SIDE_BY_SIDE) $(COMPUTING) || status=1; done; exit $$status

# requests of any kind to the service, by its own description
test-service: $(VENV)/.installed-dev
	@SPOTREC_CASES_EACH=$${SPOTREC_CASES_EACH:-60} $(BIN)/pytest tests/serve/test_schema.py

lint: $(VENV)/.installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/.installed-dev
	@status=0; for benchmark in benchmarks/*.py; do $(BIN)/python $$benchmark || status=1; done; exit $$status

pictures: $(VENV)/.installed-dev
	@$(BIN)/python docs/make_pictures.py

crawl: $(VENV)/.installed
	@test -n "$(SOURCE)" || { echo 'say what: make crawl SOURCE=~/Music'; exit 2; }
	@$(BIN)/spotrec crawl "$(SOURCE)"

extract: $(VENV)/.installed
	@$(BIN)/spotrec extract

index: $(VENV)/.installed
	@$(BIN)/spotrec index

query: $(VENV)/.installed
	@test -n "$(SEED)" || { echo 'say what: make query SEED="a title"'; exit 2; }
	@$(BIN)/spotrec query "$(SEED)"

# crawl exits with 3 where some tracks have no audio: the others are still worth hearing
build-all: $(VENV)/.installed
	@test -n "$(SOURCE)" || { echo 'say what: make build-all SOURCE=~/Music'; exit 2; }
	@$(BIN)/spotrec crawl "$(SOURCE)" || test $$? -eq 3
	@$(BIN)/spotrec extract || test $$? -eq 3
	@$(BIN)/spotrec index

check-tools:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo 'spotrec needs Python 3.11 or later: install it (Debian: apt-get install python3.11-venv; macOS: brew install python@3.12), then make PYTHON=python3.12'; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo 'this Python has no venv: apt-get install python3-venv'; exit 1; }

# only the tests and the benchmarks need Annoy
check-compiler:
	@$(PYTHON) -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_paths()["include"] + "/Python.h"))' || { \
		echo 'annoy is built from source and needs the headers of Python (Debian: apt-get install python3-dev)'; exit 1; }
	@command -v c++ >/dev/null || command -v g++ >/dev/null || command -v clang++ >/dev/null || { \
		echo 'annoy is built from source and needs a C++ compiler (Debian: apt-get install g++; macOS: xcode-select --install)'; exit 1; }

$(BIN)/python: | check-tools
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	@echo 'installing spotrec into $(VENV) (TensorFlow is large: a few minutes the first time)'
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | check-compiler $(BIN)/python
	@echo 'installing spotrec and its development tools into $(VENV) (TensorFlow is large: a few minutes the first time)'
	@$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-serve: pyproject.toml | $(BIN)/python
	@$(BIN)/python -m pip install --quiet --editable '.[plots,serve]'
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

# Everything a person does here, one command each; CI runs the same ones.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SUDO := $(shell [ "$$(id -u)" = 0 ] || command -v sudo)

.PHONY: help pdf test fuzz bench bench-check check fix pictures schema lock engines fonts tex wheel clean

help: ## What there is to do
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

pdf: $(READY) tex ## Build build/cv-full.pdf and build/cv-short.pdf
	$(BIN)/cvbuild pdf

test: $(READY) tex ## Run the tests, with branch coverage
	$(BIN)/pytest -n auto --cov --cov-branch

fuzz: $(READY) tex ## Try properties of any text at random, for MINUTES=5
	$(BIN)/python -m tests.fuzz --minutes $(or $(MINUTES),5)

# Missing other programs are installed; a row without one says what failed.
bench: $(READY) tex ## Measure speed beside other programs, into bench/results.md; BENCH_ONLY=word,title and QUICK=1 for trying
	$(BIN)/python -m bench --install --write $(if $(QUICK),--quick)

bench-check: $(READY) tex ## Measure speed, and fail if a row is worse than its limit
	$(BIN)/python -m bench --check $(if $(QUICK),--quick)

check: $(READY) ## Lint, formatting and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

fix: $(READY) ## Mend what ruff can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

pictures: pdf ## Make the pictures of the README from page 1 of both variants
	command -v pdftoppm >/dev/null || $(SUDO) apt-get install -y --no-install-recommends poppler-utils
	mkdir -p docs
	for variant in full short; do \
		pdftoppm -r 60 -png -f 1 -l 1 -singlefile build/cv-$$variant.pdf docs/cv-$$variant; done

schema: $(READY) ## Write the JSON Schemas of the content files
	$(BIN)/cvbuild schema --write

lock: $(READY) ## Lock the development tools and all that the package needs
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --quiet --upgrade -o requirements-dev.lock

wheel: $(READY) ## Build dist/cvbuild-*.whl
	$(BIN)/python -m hatchling build -t wheel

engines: $(READY) ## Install pdflatex, xelatex and lualatex where they are missing
	$(BIN)/cvbuild doctor --install --yes --engine pdflatex --engine xelatex --engine lualatex

# Small fonts of Debian's for other scripts than Latin, and the program with which the tests read PDFs.
FONTS := fontconfig fonts-freefont-otf fonts-hosny-amiri fonts-symbola fonts-wqy-microhei poppler-utils

fonts: ## Install fonts for other scripts, for the tests of these (Debian)
	dpkg -s $(FONTS) >/dev/null 2>&1 || { $(SUDO) apt-get update && \
		$(SUDO) apt-get install -y --no-install-recommends $(FONTS); }

tex: $(READY)
	@$(BIN)/cvbuild doctor --install --yes

clean: ## Delete what was built, and the virtual environment
	rm -rf build dist $(VENV) .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache

# Debian's Python comes without venv: fetch it where that is so.
$(BIN)/python:
	@[ -n "$(PYTHON)" ] || { echo "cvbuild needs Python 3.11 or newer"; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		$(SUDO) apt-get update && $(SUDO) apt-get install -y --no-install-recommends python3-venv && \
		$(PYTHON) -m venv $(VENV); }

$(READY): requirements-dev.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

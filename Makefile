# Two commands are enough on a fresh Debian 12: `make run`, `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEBIAN_RUN := fonts-noto-cjk libopus0 libspandsp2 libbcg729-0 libgsm1 opencv-doc pocketsphinx-testdata tesseract-ocr tesseract-ocr-chi-sim
DEBIAN_TEST := chromium ffmpeg nodejs gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good \
	gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-libav espeak-ng postgresql orthanc iproute2 nftables
RUN_OPTIONS ?=

.PHONY: help setup setup-run setup-test packages-test kernels run test test-e2e test-component test-pure lint bench clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup: setup-run ## .venv with all packages, system packages where root

setup-run: $(VENV)/.installed
	@sh tools/system_packages.sh wanted $(DEBIAN_RUN)

setup-test: $(VENV)/.installed packages-test

packages-test:
	@sh tools/system_packages.sh needed $(DEBIAN_RUN) $(DEBIAN_TEST)

$(VENV)/.installed: pyproject.toml constraints.txt tools/python_packages.sh
	@sh tools/python_packages.sh $(PYTHON) $(VENV)
	@touch $@

run: setup-run ## the whole system with a demo conference; RUN_OPTIONS="--listen 0.0.0.0:8080"
	$(BIN)/mcu run $(RUN_OPTIONS)

# Tests of the whole system wait much; checks and the other tests run beside them, one after another.
test: ## all checks and all tests
	@$(MAKE) --no-print-directory -j2 setup-test kernels
	@$(MAKE) --no-print-directory -j2 test-e2e lint test-pure test-component

# Compiled once and kept: else each process that a test starts would compile them, all at a time.
kernels: $(VENV)/.installed
	@$(BIN)/python -c "from mcu_core.engine import process; process.warm_up()"

test-e2e test-component: test-%: $(VENV)/.installed
	$(BIN)/python -m pytest -q tests/$*

test-pure: $(VENV)/.installed
	$(BIN)/python -m pytest -q --ignore=tests/e2e --ignore=tests/component

lint: $(VENV)/.installed ## format, lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: setup-run ## kernels and mix; the long ones: mcu bench room|latency|...
	$(BIN)/mcu bench kernels
	$(BIN)/mcu bench mix

clean: ## everything that setup, run and test made, but the data in var/
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

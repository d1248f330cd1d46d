# What one does with this checkout. `make` alone lists the targets; each installs what it needs first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
POLICY_VENV := .cache/policy-venv
# Runs a command as the whole checkout runs Pulumi: offline, state in .state, .venv first on PATH.
RUN := $(BIN)/python tools/pulumi_environment.py
PYTEST := $(RUN) pytest --quiet
# Each worker starts lab hosts and engines of its own.
JOBS ?= auto
# A broken run mostly waits for time-outs, so that a core has room for two.
FAULT_JOBS ?= $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN))))
STACK ?= dev

# What takes a change back that nobody confirmed, and its unit tests.
COMMIT_MODULES := */host/commit*.py,*/host/revert_script.py,*/host/pending.py,*/host/recovery.py,*/host/safe_dispatch.py
COMMIT_TESTS := $(foreach name,commit_table commit commit_confirming commit_endings revert_script pending recovery recovery_reading safe_dispatch,tests/unit/host/test_$(name).py)

LINTED := provider lab policy tools tests examples bench
SOURCES := $(wildcard $(LINTED))
SDK_FILES := $(shell find sdk/python -type f -not -path '*/build/*' -not -path '*.egg-info/*' 2>/dev/null)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

##@ The quickstart: three simulated Windows hosts

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@printf '\nThe first run installs into .venv and .cache; see CONTRIBUTING.md.\n'

.PHONY: up
up: setup ## Start the lab hosts and protect them with the real Pulumi engine
	@echo "==> starting the lab hosts"
	@$(RUN) winipsec-lab up
	@echo "==> pulumi up: the policies of examples/quickstart"
	@$(RUN) python tools/quickstart.py --stack $(STACK)
	@$(RUN) pulumi up --stack $(STACK) --yes --skip-preview --run-program

.PHONY: tour
tour: setup ## Show the whole story on a host of its own, in under a minute; PAUSE=1 waits for Enter between the scenes
	@$(RUN) python tools/tour.py $(if $(PAUSE),--pause)

.PHONY: preview
preview: setup ## Show what differs on the hosts from the program, and what an update would do
	@$(RUN) winipsec-lab up
	@$(RUN) python tools/quickstart.py --stack $(STACK)
	@$(RUN) pulumi preview --stack $(STACK) --diff --run-program

.PHONY: destroy
destroy: setup ## Take the policies off the hosts again
	@$(RUN) winipsec-lab up
	@$(RUN) python tools/quickstart.py --stack $(STACK)
	@$(RUN) pulumi destroy --stack $(STACK) --yes --skip-preview --run-program

.PHONY: down
down: $(VENV)/.sdk ## Stop the lab hosts; they come back as they were with the next `make up`
	@$(RUN) winipsec-lab down

.PHONY: shell
shell: setup ## Open a shell in which pulumi, winipsec and winipsec-lab just work, with the lab's account
	@$(RUN) --lab "$${SHELL:-sh}"

##@ Development

.PHONY: setup
setup: $(VENV)/.sdk ## Install the Python packages and the Pulumi command line (the first time six to eight minutes)
	@$(TURN) $(BIN)/python tools/install_pulumi.py

# Of two runs at once one waits, and then finds it all done. The rules in the second part are for the one whose turn it is.
TURN := $(PYTHON) tools/turn.py

ifndef HAS_TURN

STAMPS := $(VENV)/.packages $(VENV)/.sdk $(VENV)/.bench $(POLICY_VENV)/.installed
.PHONY: $(STAMPS)
$(STAMPS):
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON); set PYTHON=/path/to/python3"; exit 1; }
	@$(TURN) $(MAKE) --silent HAS_TURN=yes $@

else

# The stamp comes last, so an environment that was never finished is made anew.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.10 or newer is needed; set PYTHON=/path/to/it" if sys.version_info < (3, 10) else 0)'
	@echo "==> making .venv with $$($(PYTHON) --version)"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV) || { echo "This Python cannot make environments. On Debian and Ubuntu: apt install python3-venv"; rm -rf $(VENV); exit 1; }
	@touch $@

$(VENV)/.packages: tools/requirements.txt | $(VENV)/.made
	@echo "==> installing Python packages into .venv (about a minute the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tools/requirements.txt
	@touch $@

$(VENV)/.installed: $(VENV)/.packages $(wildcard provider/pyproject.toml provider/hatch_build.py provider/winipsec/_version.py lab/pyproject.toml)
	@echo "==> installing the provider and the lab, editable"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e provider -e lab
	@touch $@

# The policy SDK pins an older protobuf than .venv has.
$(POLICY_VENV)/.installed: policy/requirements.txt provider/pyproject.toml | $(VENV)/.made
	@echo "==> making the environment of the policy pack"
	@$(PYTHON) -m venv $(POLICY_VENV)
	@$(POLICY_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r policy/requirements.txt -e provider
	@touch $@

$(VENV)/.sdk: $(VENV)/.installed $(SDK_FILES)
	@if [ -f sdk/python/pyproject.toml ]; then echo "==> installing the Python SDK"; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --force-reinstall ./sdk/python && \
	rm -rf sdk/python/build sdk/python/*.egg-info; fi
	@touch $@

$(VENV)/.bench: $(VENV)/.packages
	@echo "==> installing z3, which only the benchmark needs"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check z3-solver==5.4.1.0
	@touch $@

endif

.PHONY: lint
lint: $(VENV)/.sdk ## Lint, types, and whether the generated files are up to date
	@echo "==> ruff"
	@$(BIN)/ruff check --quiet $(SOURCES)
	@$(BIN)/ruff format --quiet --check $(SOURCES)
	@echo "==> mypy"
	@$(BIN)/mypy --no-error-summary
	@echo "==> generated files"
	@$(BIN)/python tools/generated.py --check schema proto reference rules diagram

.PHONY: check
check: lint ## lint, and the unit tests: for every save (under a minute)
	@echo "==> unit tests"
	@$(PYTEST) -n $(JOBS) tests/unit

.PHONY: test
test: setup lint policy-pack ## Everything: lint, then unit, lab, protocol, engine and example tests
	@echo "==> generated SDK"
	@$(BIN)/python tools/install_pulumi.py --generator
	@$(RUN) python tools/generated.py --check sdk
	@$(RUN) pulumi schema check provider/schema.json
	@echo "==> all tests"
	@$(PYTEST) -n $(JOBS) tests

.PHONY: policy-pack
policy-pack: $(POLICY_VENV)/.installed ## Install what the policy pack needs, into an environment of its own

.PHONY: schema
schema: $(VENV)/.sdk ## Write provider/schema.json from the resource declarations
	@$(BIN)/python tools/generated.py schema

.PHONY: sdk
sdk: setup ## Write the Python SDK from provider/schema.json with Pulumi's code generators
	@$(BIN)/python tools/install_pulumi.py --generator
	@$(RUN) python tools/generated.py sdk

.PHONY: reference
reference: $(VENV)/.sdk ## Write docs/reference.md from provider/schema.json
	@$(BIN)/python tools/generated.py reference

.PHONY: rules
rules: $(VENV)/.sdk ## Write docs/rules.md from the rules of lint
	@$(BIN)/python tools/generated.py rules

.PHONY: diagram
diagram: $(VENV)/.sdk ## Draw the states of a confirmed commit into docs/safe-apply.md
	@$(BIN)/python tools/generated.py diagram

.PHONY: proto
proto: $(VENV)/.packages ## Write the Python stubs of the lab's control API
	@$(BIN)/python tools/generated.py proto

.PHONY: coverage
coverage: $(VENV)/.sdk ## Check that the unit tests reach every branch of what takes changes back
	@$(BIN)/coverage run --data-file=.cache/coverage -m pytest --quiet -p no:xdist $(COMMIT_TESTS)
	@$(BIN)/coverage report --data-file=.cache/coverage --show-missing --fail-under=100 --include='$(COMMIT_MODULES)'

.PHONY: mutants
mutants: $(VENV)/.sdk ## Break what takes changes back in every small way; its unit tests must notice (15 minutes)
	@$(BIN)/python tools/mutants.py

.PHONY: guesses
guesses: $(VENV)/.sdk ## Flip every guess about Windows, one at a time, and run the protocol tests
	@$(RUN) python tools/guesses.py --write docs/guesses.md

.PHONY: faults
faults: $(VENV)/.sdk ## Break off every operation at every message in every way; print what came of it, and write docs/faults.md
	@WINIPSEC_FAULTS=all $(PYTEST) -n $(FAULT_JOBS) tests/faults

.PHONY: wine
wine: $(VENV)/.sdk ## Let Wine judge how we quote, and read and write registry text (needs Wine and mingw)
	@$(PYTEST) tests/wine

.PHONY: browser
browser: $(VENV)/.sdk ## Try the page of winipsec matrix in a browser (needs chromium and chromium-driver)
	@$(PYTEST) tests/browser

.PHONY: bench
bench: setup $(VENV)/.bench ## Measure start, messages, traffic differences; look for lock-outs (twenty minutes)
	@PYTHONPATH=tools $(BIN)/python bench/plugin_start.py
	@PYTHONPATH=tools $(BIN)/python bench/host_messages.py
	@$(BIN)/python bench/traffic.py
	@echo "==> lock-outs and false refusals among 100,000 random policy changes"
	@$(BIN)/python bench/lockouts.py
	@echo "==> traffic differences against the matcher: 1,000 pairs of policies, 1,000 packets each"
	@$(PYTEST) --timeout 3000 --traffic-pairs 1000 --traffic-packets 1000 -k "matcher_says or not_known" \
		tests/unit/traffic/test_traffic_difference.py

.PHONY: clean
clean: ## Stop the lab and remove everything that was made here, .venv included
	@if [ -x $(BIN)/winipsec-lab ]; then $(RUN) winipsec-lab down; fi
	@rm -rf $(VENV) .cache .state .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

##@ Release

.PHONY: dist
dist: setup ## Build what a user installs: wheels and the plugin archive, into dist/
	@$(BIN)/python tools/distribution.py

.PHONY: try-dist
try-dist: dist ## Install dist/ in an empty folder elsewhere and run programs against the lab
	@$(RUN) winipsec-lab up
	@$(RUN) python tools/try_distribution.py

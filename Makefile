# One command each. Every target builds .venv from the lock file first, so none of them needs any other set-up.
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: install demo test lint bench faults words pictures lock clean

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	test -x $(BIN)/python || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: $(STAMP)
	$(BIN)/ovenbell demo

# More workers than cores: half of a test is waiting for a broker, a pty or a browser.
test: $(STAMP)
	$(BIN)/python -m pytest -n 4 --dist worksteal

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)
	$(BIN)/python -m tests.bench

# A tenth of the counts; SCALE=1 is all of them.
faults: $(STAMP)
	$(BIN)/python -m tests.faults --scale $(or $(SCALE),0.1)

# After a change of the words: compiles what edge/words/*/LC_MESSAGES/ovenbell.po says.
words: $(STAMP)
	$(BIN)/pybabel --quiet compile --domain ovenbell --directory edge/words --locale zh

# The pictures and the command help that the documentation carries.
pictures: $(STAMP)
	TEXTUAL_COLOR_SYSTEM=truecolor $(BIN)/python -m tests.tools.pictures

# For the one who raises a version: writes requirements.lock anew.
lock:
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --extra browser --extra demo --extra dev --extra gateway --extra setup --allow-unsafe --generate-hashes --strip-extras --no-header --no-annotate \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: check lint test

# What .ci/run does, in the environment you are in.
check: lint test

lint:
	ruff check .
	ruff format --check .
	mypy
	lint-imports

test:
	python -m pytest

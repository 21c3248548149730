# make demo   a fresh Debian machine to a campaign's PDFs
# make test   everything that is tested
# make build  the commands, in .build/release
# All three install what is missing first.

SHELL := /bin/bash
SWIFT ?= swift
CHECKED := --explicit-target-dependency-import-check error
DEMO ?= demo
# All tests at once would leave LaTeX and SQLite, which work beside them, without a thread for minutes.
WIDTH := --experimental-maximum-parallelization-width 4

.PHONY: demo test build dependencies benchmark clean

build: dependencies
	@echo "make: building the commands (the first time takes some minutes)"
	$(SWIFT) build -c release $(CHECKED)

test:
	@scripts/install-dependencies --tests
	@echo "make: building and running the tests"
	$(SWIFT) build --build-tests $(CHECKED)
	$(SWIFT) test --skip-build $(WIDTH)

demo: build
	scripts/demo "$(DEMO)"

benchmark: build
	Benchmarks/run

dependencies:
	@scripts/install-dependencies

clean:
	rm -rf .build "$(DEMO)"

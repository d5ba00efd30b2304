# The tasks of this repository. `make` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run build test check format bench deb clean

DATA ?= $(CURDIR)/data
ROWS ?= 10000,100000

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build the program (debug) with the Debian packages it needs
	@packaging/install-packages build run
	@[ -x .build/debug/atlas ] || echo "Building Atlas. The first build fetches and compiles its packages: some minutes, about 2 GB of disk."
	@swift build --product atlas

run: build ## build and serve atlas.toml.example on http://127.0.0.1:8080, data in ./data
	@echo "Serving atlas.toml.example; data in $(DATA). Stop with Ctrl-C. The first administrator, in another terminal:"
	@echo "  printf %s 'a long password' | .build/debug/atlas user create --config atlas.toml.example --set app.data_dir=$(DATA) email=me@example.com name=Me role=ADMIN password=-"
	@exec .build/debug/atlas serve --config atlas.toml.example --set app.data_dir=$(DATA)

test: ## run every test; a skipped or missing suite is a failure
	@packaging/install-packages build run test
	@.ci/tests

check: ## format, layers, warnings (which are errors in the manifest)
	@.ci/format
	@.ci/layers --self-test
	@.ci/layers
	@packaging/install-packages build
	@swift build

format: ## format every Swift file in place
	@git ls-files -z --cached --others --exclude-standard '*.swift' | xargs -0 swift format --in-place --parallel

bench: ## compare with PocketBase on this machine; prints a table, writes .build/bench/result.json
	@packaging/install-packages build run bench
	@swift build -c release --static-swift-stdlib --product atlas
	@swift build -c release --static-swift-stdlib --product QueueDrain
	@Benchmarks/run --rows $(ROWS)

deb: ## build the Debian package, .build/deb/atlas_VERSION_ARCH.deb
	@packaging/install-packages build run package
	@packaging/build-deb

clean: ## remove what was built (not ./data)
	@rm -rf .build

# make run: set everything up and run the default experiment.   make test: set everything up and run the tests.
# make install PREFIX=/usr/local: install what is built, with the Swift runtime.   make dist: the same as a tarball.
SHELL := /bin/bash
.DEFAULT_GOAL := build
BUILD := swift build -c release
CALM := .build/release/calm
PLUGINS := BioBERT CRF KLCooperative Llama2 Precomputed RemoteLLM SearchEngine XLMR
PACKAGES := libopenblas-dev libyaml-dev zlib1g-dev libssl-dev openssl libsqlite3-dev libxapian-dev pkg-config python3-pip unzip

# SwiftPM keeps what Package.swift said: this makes it look again after Xapian was installed or removed.
export CALM_XAPIAN = $(shell pkg-config --modversion xapian-core 2> /dev/null)

PREFIX ?= /usr/local

.PHONY: build setup run install uninstall dist test test-servers golden bench docs api-baseline format lint clean

# Debian's packages, installed only where one is missing.
setup:
	@command -v swift > /dev/null || { echo "no Swift toolchain: install Swift 6.3 from https://swift.org/install" >&2; exit 1; }
	@missing=$$(for p in $(PACKAGES); do dpkg -s $$p > /dev/null 2>&1 || echo $$p; done); \
	if command -v pip > /dev/null || python3 -m pip --version > /dev/null 2>&1; then missing=$$(echo $$missing | sed 's/python3-pip//'); fi; \
	if [ -n "$$(echo $$missing)" ]; then \
	  sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	  $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq $$missing > /dev/null; fi

build: setup
	$(BUILD)

# Only what the default experiment needs is built: the host and the plugins that plugins.yaml names.
run: setup
	@for product in calm $(PLUGINS); do echo "building $$product"; $(BUILD) --quiet --product $$product || exit 1; done
	$(CALM) run plugins.yaml

# DESTDIR, for packagers, comes before PREFIX and is not part of it.
install: build
	@Scripts/install "$(DESTDIR)$(PREFIX)" $(PLUGINS)
	@echo "installed $(DESTDIR)$(PREFIX)/bin/calm"

uninstall:
	rm -rf "$(DESTDIR)$(PREFIX)/lib/calm" "$(DESTDIR)$(PREFIX)/share/calm"
	rm -f $(foreach file,bin/calm share/man/man1/calm.1 share/bash-completion/completions/calm \
	  share/zsh/site-functions/_calm share/fish/vendor_completions.d/calm.fish,"$(DESTDIR)$(PREFIX)/$(file)")

# Packed in .build/dist.
dist: build
	@Scripts/dist $(PLUGINS)

test: setup
	$(BUILD) --build-tests
	$(CALM) model fetch plugins.yaml || echo "no model: the tests that need it are skipped" >&2
	swift test -c release --skip-build

# The parity tests alone, over every fixture under $$CALM_GOLDEN.
golden: setup
	$(BUILD) --build-tests
	$(CALM) model fetch plugins.yaml || echo "no model: the tests that need it are skipped" >&2
	@swift test -c release --skip-build --filter Golden 2>&1 | tee .build/golden.log | grep -E "✘|error|warning" ; \
	status=$${PIPESTATUS[0]}; \
	awk '/ Test run with/ { next } / Test .* passed after/ { p++ } / Test .* failed after/ { f++ } / (Test|Suite) .* skipped/ { s++ } \
	  END { printf "golden: %d passed, %d failed, %d skipped\n", p, f, s }' .build/golden.log; exit $$status

# The plugins that ask servers, against real ones; installs those outside of the tree, under $$CALM_CACHE.
test-servers: build
	Tests/Servers/llama-cpp

# The standard set of Documentation/performance.md, our side alone; Benchmarks/compare-* run the peers beside it.
bench: build
	$(CALM) bench gemm
	$(CALM) bench crf
	@for shape in minilm bert-base; do for length in 32 128 512; do \
	  $(CALM) bench encoder --shape $$shape --length $$length || exit 1; done; done
	model=$$($(CALM) model fetch plugins.yaml | awk '$$1 == "minilm" { print $$2 }') && \
	$(CALM) bench tokenizer --model "$$model" Examples/data/contexts/train.json
	$(CALM) bench train plugins.yaml

# The reference of PluginAPI, as a web site in .build/docs; fails on warnings and on public symbols without documentation.
docs:
	$(BUILD) --product PluginAPI
	@Scripts/docs

# Writes down the API that plugins of this major version can rely on: see Documentation/plugins.md.
api-baseline:
	$(BUILD) --product PluginAPI
	@Scripts/api-baseline

format:
	swift format --in-place --recursive --parallel Sources Plugins Templates Tests Package.swift

lint:
	swift format lint --strict --recursive --parallel Sources Plugins Templates Tests Package.swift

clean:
	rm -rf .build

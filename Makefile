# make            says what there is
# make test       the one command that checks everything; sudo makes it whole

GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
# The race detector needs a C compiler; `make test RACE=` does without it.
RACE     ?= $(if $(shell command -v $${CC:-cc} 2>/dev/null),-race)
FUZZTIME ?= 10s
IMAGE    ?= stoop:latest
CA_BUNDLE ?= /etc/ssl/certs/ca-certificates.crt
BENCH    ?=

export GOFLAGS += -buildvcs=false

# Tests of these folders share the machine's kernel, containers, search servers
# and clock, and run one package at a time; the others run side by side.
LIVE := ./bpf/... ./live/... ./query/... ./test/... ./cmd/...
UNIT  = $(shell $(GO) list ./... | grep -v -E '/(bpf|live|query|test|cmd)(/|$$)')

.DEFAULT_GOAL := help
.PHONY: help
help: ## Say what the targets do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build ./stoop, static
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o stoop ./cmd/stoop

.PHONY: image
image: build ## Build the container image IMAGE for deploy/kubernetes, by docker or podman
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && cp stoop "$$dir/stoop" && cp "$(CA_BUNDLE)" "$$dir/ca-certificates.crt" && \
	$$(command -v docker || command -v podman) build -t $(IMAGE) -f deploy/Dockerfile "$$dir"

.PHONY: run
run: build ## Open the demo
	./stoop demo

.PHONY: deps
deps: # Install what the tests need, as root; say what is skipped otherwise
	@if [ "$$(id -u)" = 0 ]; then hack/deps.sh; \
	else echo "not root: what needs the kernel or containers is skipped, with its reason below; sudo make test runs it"; fi

.PHONY: test
test: deps ## Run all tests; as root the live ones too, after installing what they need
	@status=0; \
	$(GO) test $(RACE) $(UNIT) || status=1; \
	if [ "$$(id -u)" = 0 ]; then \
		$(GO) test $(RACE) -p 1 -timeout 30m $(LIVE) || status=1; \
	else \
		log=$$(mktemp); \
		$(GO) test $(RACE) -v -p 1 -timeout 30m $(LIVE) >"$$log" 2>&1 || status=1; \
		if [ $$status = 0 ]; then grep -A1 -e '^ *--- SKIP' -e '^ok' "$$log" | grep -v '^--$$'; else cat "$$log"; fi; \
		rm -f "$$log"; \
	fi; exit $$status

.PHONY: golden
golden: ## Rewrite the golden screens; read the diff before committing it
	STOOP_UPDATE=1 $(GO) test ./tui/... ./cmd/...

.PHONY: fuzz
fuzz: ## Fuzz each target for FUZZTIME (10s)
	@grep -rnoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | sed -E 's/^(.*)\/[^/]*:[0-9]+:func (.*)/\1 \2/' | \
	while read -r package target; do \
		echo "== $$package $$target"; \
		$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$package" || exit 1; \
	done

.PHONY: bench
bench: deps ## Measure tax, loss, store, readers, SIEM and screen beside the other tools (BENCH=name picks)
	$(GO) run ./test/bench $(BENCH)

.PHONY: lint
lint: bin/golangci-lint ## Check style and correctness, for Linux and for the others
	bin/golangci-lint run
	GOOS=darwin bin/golangci-lint run --enable-only govet,staticcheck,unused

.PHONY: cross
cross: ## Build for every system that stoop runs on
	GOOS=linux GOARCH=arm64 CGO_ENABLED=0 $(GO) build ./...
	GOOS=darwin GOARCH=arm64 CGO_ENABLED=0 $(GO) vet ./...
	GOOS=windows GOARCH=amd64 CGO_ENABLED=0 $(GO) build ./...

.PHONY: fmt
fmt: bin/golangci-lint ## Format the Go code
	bin/golangci-lint fmt

bin/golangci-lint: hack/tools/go.mod
	GOBIN=$(CURDIR)/bin $(GO) install -C hack/tools tool
	@touch $@

.PHONY: generate
generate: ## Compile the kernel programs (clang-19) and write the reference pages
	$(GO) generate ./...

.PHONY: check-generate
check-generate: ## Check that what is generated matches its source
	hack/check-generate.sh

.PHONY: pictures
pictures: build ## Take the README's pictures from real screens
	$(GO) run ./hack/pictures

.PHONY: clean
clean: ## Remove what was built
	rm -rf stoop bin dist

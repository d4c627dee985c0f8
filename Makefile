# Two commands matter: `make run` and `make test`. Both install or name what they need.
.DEFAULT_GOAL := help
.PHONY: help run test torture fuzz audit web fmt schema bench bench-big release clean

help: ## Shows this list
	@sed -n 's/^\([a-z-]*\): .*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

run: ## Builds everything and starts the server with demo data on 127.0.0.1:8080 (or P_LISTEN)
	@scripts/run.sh

test: ## Format, lints, documentation, front ends and all tests; E2E=0 leaves the browser out
	@scripts/test.sh

torture: ## Faults of every kind under load; ROUNDS=500 SEED=1 FAULT=PowerCut
	@ROUNDS=$(ROUNDS) SEED=$(SEED) FAULT=$(FAULT) cargo test --locked --quiet --test torture nothing_is_lost

fuzz: ## Mutated inputs for every parser; FUZZ_SECONDS=600 and FUZZ_EXECUTIONS=10000000 for each at least, SEED=2 for others
	@FUZZ_SECONDS=$(or $(FUZZ_SECONDS),60) FUZZ_EXECUTIONS=$(FUZZ_EXECUTIONS) SEED=$(SEED) cargo test --locked --quiet --test fuzz -- --skip tests::

audit: ## Licences, sources and known weaknesses of the crates and npm packages that are used
	@scripts/audit.sh

web: ## Builds the front ends into web/dist
	@scripts/web.sh

fmt: ## Formats the Rust sources
	@cargo fmt --all

schema: ## Writes schema.sql from the pages that declare the tables
	@cargo run --quiet --locked -- schema > schema.sql

bench: ## Measures a release build beside hand-written handlers; PEERS=1 beside PocketBase too
	@scripts/bench.sh $(if $(PEERS),--peers)

bench-big: ## The same with ten million orders as well
	@scripts/bench.sh --big $(if $(PEERS),--peers)

release: ## Builds the release to deploy: recorded under load, laid out by the record (some fifteen minutes)
	@scripts/release.sh

clean: ## Removes what was built; databases and uploads stay
	@rm -rf target web/dist web/node_modules

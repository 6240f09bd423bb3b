# dbtool: everything that a newcomer needs.
SWIFT ?= swift
# A project of its own on an embedded PostgreSQL: no configuration, no server to set up.
DBTOOL = $(shell $(SWIFT) build -c release --show-bin-path)/dbtool

.PHONY: setup build demo test api-docs soak redteam faults partition-years regress conformance bench format lint clean

setup: ## Install what is missing (Debian): libpq, libpg_query, libcrypto, PostgreSQL, pg_cron.
	@Scripts/setup

build: setup
	$(SWIFT) build -c release --product dbtool

demo: build ## From nothing to a live, seeded database.
	@Scripts/demo "$(DBTOOL)"

test: setup ## All tests, on an embedded PostgreSQL.
	@Scripts/test

api-docs: ## The public libraries' documentation (DocC), after a build.
	@Scripts/api-docs

soak: setup ## Random pairs of schemas: make soak PAIRS=5000 START=1000
	DBTOOL_SOAK_START=$(or $(START),1000) DBTOOL_SOAK_PAIRS=$(or $(PAIRS),5000) $(SWIFT) test --filter ConvergenceTests

redteam: setup ## Attack dbtool as whoever wrote a database or a file would, and count what gets through.
	@Scripts/redteam

faults: setup ## Kill whatever takes part in a long migration, by chance and at each statement: make faults FAULTS=300 STRIKES=100
	@FAULTS=$(FAULTS) STRIKES=$(STRIKES) Scripts/faults

partition-years: setup ## Five years of partitions, month by month, with clients and faults: make partition-years YEARS=5
	DBTOOL_YEARS=$(or $(YEARS),5) $(SWIFT) test --filter PartitionYearsTests

regress: build ## PostgreSQL's regression database, rebuilt and compared by pg_dump.
	@Scripts/regress "$(DBTOOL)" $(SOURCES)

conformance: build ## Pairs of schemas, both ways, judged by pg_dump: make conformance FOLDER=path (old.sql and new.sql in each folder below).
	@Scripts/conformance "$(FOLDER)" "$(DBTOOL)"

bench: build ## Figures: planning, drift, and the platform's goals.
	@Benchmarks/run "$(DBTOOL)"

format: ## Format the sources.
	$(SWIFT) format --in-place --recursive Sources Tests Examples Package.swift

lint: ## Check the format.
	$(SWIFT) format lint --strict --recursive Sources Tests Examples Package.swift

clean:
	rm -rf .build

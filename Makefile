# The project's tasks; `make help` lists them. The work itself is in cli/bootstrap.py.
BOOTSTRAP := python3 cli/bootstrap.py
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test faults nlu-report bench load soak lint audit sbom setup train requirements clean

help: ## List every task
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Set up what is missing and start everything (PORT=8000, DATA_DIR=./var)
	@$(BOOTSTRAP) run

test: ## Set up what is missing and run every test (ARGS="-k words" for some of them)
	@$(BOOTSTRAP) test $(ARGS)

faults: ## Stop, hang and lock each part in turn, and print how fast danger is still answered
	@$(BOOTSTRAP) test tests/faults -rP $(ARGS)

nlu-report: ## Measure every candidate for understanding messages, side by side (long: stock DIET alone takes hours)
	@$(BOOTSTRAP) nlu_report $(ARGS)

bench: ## Measure against peers in the same run, as a table and var/bench.json
	@$(BOOTSTRAP) bench $(ARGS)

load: ## Put more and more people at one copy until it is full (ARGS="--steps 20 40 --seconds 60"; var/load.json)
	@$(BOOTSTRAP) load $(ARGS)

soak: ## Talk to one copy for 20,000 turns, and fail if its memory or open files grow (ARGS="--turns 3000 --first 600")
	@$(BOOTSTRAP) soak $(ARGS)

lint: ## Check style, types, import arrows, Rasa's data, requirement files, dangers and secrets
	@$(BOOTSTRAP) lint $(ARGS)

audit: ## Ask what is known against the packages that we use (docs/accepted-findings.yml)
	@$(BOOTSTRAP) audit

sbom: ## List what the application, Rasa and the front end are made of (CycloneDX, DATA_DIR/sbom)
	@$(BOOTSTRAP) sbom

setup: ## Set up both runtimes, the front-end assets and the model, and start nothing
	@$(BOOTSTRAP) setup

train: ## Train and sign the models again, even where they fit the data
	@$(BOOTSTRAP) train

requirements: ## Pin and hash what requirements/*.in and package.json ask for (ARGS=--upgrade for newer)
	@$(BOOTSTRAP) requirements $(ARGS)

clean: ## Remove what set-up made: environments, packages, assets and models (never DATA_DIR)
	@$(BOOTSTRAP) clean

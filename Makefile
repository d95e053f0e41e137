# Runs the data commons in containers: docs/operations.md. Settings come from .env (.env.example).
.PHONY: help build start stop logs debug test backup restore upgrade rollback test-mail test-alert config-check

S ?=
commit = git rev-parse --short HEAD

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | column -t -s '|'

build: ## builds the images of the commit that is checked out
	VERSION=$$($(commit)) docker compose --profile '*' build

start: ## starts everything, or what runs already anew with changed settings, and waits until it is healthy
	infrastructure/docker/deploy start

stop: ## stops everything; data stays
	docker compose --profile '*' down

logs: ## follows the logs; S=open-humans-etl: of one service
	docker compose logs --follow --tail 200 $(S)

debug: ## psql as the database's owner
	docker compose run --rm tools psql

test: ## everything CI runs
	./test

backup: ## writes backups/TIME.tar, readable by its owner only
	infrastructure/docker/backup

restore: ## FILE=backups/TIME.tar into an empty database, erasures replayed; FORCE=1: what is there is removed first
	infrastructure/docker/restore "$(FILE)" $(if $(FORCE),--force)

upgrade: ## backup, build what is checked out, migrate, start
	infrastructure/docker/deploy upgrade

rollback: ## starts the build that ran before; the data stays as it is
	infrastructure/docker/deploy rollback

config-check: ## names every setting that is missing, malformed or unsafe, of all services; starts nothing
	infrastructure/docker/deploy check

test-alert: ## tells everybody who would hear of alerts, and says why a message is not taken
	docker compose run --rm --no-deps data-management-app test-alert

test-mail: ## TO=you@example.org: sends a mail with the portal's settings
	docker compose run --rm --no-deps data-management-app test-mail "$(TO)"

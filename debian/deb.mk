# Included by the Makefile: the Debian packages, and a look at their life.

.PHONY: deb
deb: ## Build the Debian packages into build/deb
	@tools/install-packages build deb
	@tools/build-deb '$(BUILD)/deb'

.PHONY: deb-check
deb-check: ## Install, serve, upgrade, remove and purge them in a root of its own
	@tools/install-packages build run deb
	@tools/build-deb '$(BUILD)/deb'
	@exec tests/deb/run '$(BUILD)/deb'

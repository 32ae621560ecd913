# The public tests for HTTP caches. They are fetched into the build directory and
# are no part of the tree; CACHE_TESTS may be a clone that is there already.

CACHE_TESTS ?= https://github.com/http-tests/cache-tests.git
CACHE_TESTS_COMMIT ?= b55b8bda3dbb8c927c04e85bd8d496a8caa3e4ba
CACHE_SUITE := $(BUILD)/http/cache-tests
# All of npm's that its client needs.
UNDICI := undici@7.30.2

.PHONY: cache-suite
cache-suite:
	@tools/install-packages run http
	@[ -d '$(CACHE_SUITE)' ] || git clone -q '$(CACHE_TESTS)' '$(CACHE_SUITE)'
	@git -C '$(CACHE_SUITE)' checkout -q '$(CACHE_TESTS_COMMIT)'
	@[ -d '$(BUILD)/http/node_modules/undici' ] || npm install \
		--prefix '$(BUILD)/http' --no-save --ignore-scripts --no-audit \
		--no-fund --loglevel=error $(UNDICI) >&2

.PHONY: test-http
test-http: cache-suite ## Run the public tests for HTTP caches; HTTP=id: shows that one
	@exec tests/http/run '$(CACHE_SUITE)' $(HTTP)

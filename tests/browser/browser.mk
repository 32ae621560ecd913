# The pages in a real browser. Node and its packages are for these two targets
# only; make test needs neither.

BROWSER_MODULES := tests/browser/node_modules/.package-lock.json
$(BROWSER_MODULES): tests/browser/package-lock.json
	@cd tests/browser && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2

browser-packages:
	@tools/install-packages build run browser
	@$(SUBMAKE) $(BROWSER_MODULES)
	@$(SUBMAKE) SANITIZE= all >&2
.PHONY: browser-packages

.PHONY: test-browser
test-browser: browser-packages ## Look at every page in Chromium; BROWSER=word: those files
	@MARQUEE_BIN='$(BUILD)/release/bin' exec tests/browser/run $(BROWSER)

.PHONY: screenshots
screenshots: browser-packages ## Take README's screenshots anew
	@MARQUEE_BIN='$(BUILD)/release/bin' exec tests/browser/run screenshots

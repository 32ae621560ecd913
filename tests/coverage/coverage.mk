# Included by the Makefile: make coverage, and what its build is measured with,
# which itself is not.

COVERAGE_SOURCES := $(wildcard tests/coverage/*.c)
$(OUT)/tests/coverage/%.o: SANITIZERS :=

$(OUT)/tests/failing_calls.so: tests/coverage/failing_calls.c \
		tests/coverage/failing_calls.h $(OUT)/flags
	$(call say,LINK,$(@F))
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O1 -g -fno-omit-frame-pointer \
		-fno-builtin -fPIC -shared -o $@ $<

# Half an hour on two cores that do nothing else, most of it the sweeps.
# Calls that fail are part of it: without them no test comes to what follows a
# failure. COVERAGE_STEPS=report: only report again.
.PHONY: coverage
coverage: ## Say what of our code the tests run, and what not and why
	@tools/install-packages build run test
	@$(SUBMAKE) SANITIZE= COVERAGE=1 DEVELOPER=1 all unit \
		'$(BUILD)/coverage/tests/failing_calls.so'
	@MARQUEE_BIN='$(BUILD)/coverage/bin' \
		MARQUEE_UNIT='$(BUILD)/coverage/unit' \
		COVERAGE_REPORT='$(BUILD)/coverage.txt' \
		exec tests/coverage/run $(COVERAGE_STEPS)

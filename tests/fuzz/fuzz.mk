# Included by the Makefile: the fuzz targets, and make fuzz.

# tests/fuzz/fuzz_<parser>.c gives anybody's bytes to a parser; planted.c to one
# with a mistake. Each is a program of its own where libFuzzer or AFL++ drives
# it (SANITIZE=fuzz, quick or afl); one program of all goes through the corpus.
FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(filter tests/fuzz/fuzz_%,$(FUZZ_SOURCES))) planted
FUZZ_SHARED := $(OUT)/tests/fuzz/memory_pack.o $(OUT)/tests/fuzz/captured_log.o \
	$(OUT)/libfuzz.a
FUZZ_ROOMS := media share upstream docs catalogue template json web cache events base
# memory_pack.c is a pack without a file, captured_log.c a log without a system.
FUZZ_WRAPPED := -Wl,--wrap=pread,--wrap=fstat,--wrap=close,--wrap=syslog
fuzz_object = $(if $(filter planted,$(1)),$(OUT)/tests/fuzz/planted.o,$(OUT)/tests/fuzz/fuzz_$(1).o)
$(OUT)/libfuzz.a: $(OUT)/tests/fuzz/json_oracle.o \
		$(OUT)/tests/fuzz/catalogue_input.o
	@rm -f $@
	$(call say,AR,$(@F))
	$(Q)$(AR) rcs $@ $^
# No parser of ours: it is to be quick, and its branches lead nowhere.
$(OUT)/tests/fuzz/json_oracle.o: CFLAGS_ALL := $(filter-out -fsanitize=%,$(CFLAGS_ALL))
define fuzz_rule
$(OUT)/fuzz/$(1): $(call fuzz_object,$(1)) $(FUZZ_SHARED) $(call archives,$(FUZZ_ROOMS))
	@mkdir -p $$(@D)
	$$(call say,LINK,fuzz/$$(@F))
	$$(Q)$$(CC) $$(CFLAGS_ALL) $$(LDFLAGS_ALL) -fsanitize=fuzzer $$(FUZZ_WRAPPED) -o $$@ $$^ $(call libraries,$(FUZZ_ROOMS))
endef
$(foreach target,$(FUZZ_TARGETS),$(eval $(call fuzz_rule,$(target))))

.PHONY: fuzz-targets
fuzz-targets: $(FUZZ_TARGETS:%=$(OUT)/fuzz/%)

$(OUT)/tests/fuzz/targets.h: export TABLE := $(foreach target,$(FUZZ_TARGETS),X($(target)))
$(OUT)/tests/fuzz/targets.h: force
	@mkdir -p $(@D)
	@printf '%s\n' "$$TABLE" | cmp -s - $@ || printf '%s\n' "$$TABLE" >$@
$(OUT)/tests/fuzz/standalone.o: $(OUT)/tests/fuzz/targets.h
$(OUT)/tests/fuzz/standalone.o: CPPFLAGS_ALL += -I$(OUT)/tests/fuzz
$(OUT)/tests/fuzz_corpus: $(OUT)/tests/fuzz/standalone.o \
		$(foreach target,$(FUZZ_TARGETS),$(call fuzz_object,$(target))) \
		$(FUZZ_SHARED) $(call archives,$(FUZZ_ROOMS))
	$(call say,LINK,$(@F))
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(FUZZ_WRAPPED) -o $@ $^ $(call libraries,$(FUZZ_ROOMS))

# What it has found and counted stays in build/fuzzing.
.PHONY: fuzz
fuzz: ## Fuzz every parser; FUZZ=word: those; FUZZ_RUNS=n: until each has n
	@tools/install-packages build fuzz
	@$(SUBMAKE) CC=clang SANITIZE=fuzz fuzz-targets
	@$(SUBMAKE) CC=clang SANITIZE=quick fuzz-targets
	@AFL_QUIET=1 $(SUBMAKE) CC=afl-clang-fast SANITIZE=afl fuzz-targets
	@MARQUEE_FUZZ='$(BUILD)/fuzz/fuzz' MARQUEE_QUICK='$(BUILD)/quick/fuzz' \
		MARQUEE_AFL='$(BUILD)/afl/fuzz' \
		FUZZ_STATE='$(BUILD)/fuzzing' FUZZ_SECONDS='$(FUZZ_SECONDS)' \
		FUZZ_AFL_SECONDS='$(FUZZ_AFL_SECONDS)' \
		FUZZ_RUNS='$(FUZZ_RUNS)' exec tests/fuzz/run $(FUZZ)

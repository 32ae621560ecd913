# Marquee: `make help` lists the targets.
#
# Programs and test programs are built under build/<variant>/; each room of
# lib/ becomes one archive, and what a room may use is written down once, in
# ROOM_USES: a room that reaches for another one does not link.

VERSION := 0.1.0

PREFIX ?= /usr
SYSCONFDIR ?= /etc
DESTDIR ?=
PORT ?= 8080
RUNDIR ?= ./run

CC ?= cc
OPTIMISE ?= -O2 -g
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wwrite-strings -Wcast-qual -Wpointer-arith -Wundef -Wvla \
	-Wformat=2 -Wnull-dereference -Wswitch-enum -Wimplicit-fallthrough \
	-Wdouble-promotion -Wunused -Wredundant-decls
HARDENING := -fPIE -fstack-protector-strong -fstack-clash-protection \
	-ftrivial-auto-var-init=zero
# clang 14 wants to be told that this is meant.
ifneq ($(findstring clang,$(CC)),)
HARDENING += -enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang
endif
HARDENING_LD := -pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack

ifeq ($(SANITIZE),thread)
VARIANT := thread
SANITIZERS := -fsanitize=thread -fno-omit-frame-pointer
OPTIMISE := -O1 -g
else ifneq ($(filter fuzz quick afl,$(SANITIZE)),)
# For the targets of tests/fuzz, by libFuzzer (CC=clang; quick: without ASan) or
# AFL++ (CC=afl-clang-fast, which instruments without being asked).
VARIANT := $(SANITIZE)
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -DFUZZ_DRIVEN
ifeq ($(SANITIZE),quick)
SANITIZERS := -fsanitize=undefined -fsanitize-trap=undefined -DFUZZ_DRIVEN
endif
ifneq ($(SANITIZE),afl)
SANITIZERS += -fsanitize=fuzzer-no-link
endif
ifeq ($(SANITIZE),quick)
# Watching what is compared with what is a third of the time.
SANITIZERS += -fno-sanitize-coverage=trace-cmp
endif
OPTIMISE := -O2 -g
else ifneq ($(SANITIZE),)
VARIANT := sanitize
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
# Built quickly: it runs once or twice for each time that it is built. Of what a
# debugger knows only functions and lines, which reports name.
OPTIMISE := -O0 -g1
else ifneq ($(COVERAGE),)
VARIANT := coverage
SANITIZERS := --coverage -fprofile-update=atomic
OPTIMISE := -O0 -g
AT_BEGIN := $(BUILD)/coverage/tests/coverage/at_begin.o
AT_END := $(BUILD)/coverage/tests/coverage/at_end.o
MARKS_LD := -Wl,--wrap=_exit,--wrap=execvp -Wl,--export-dynamic-symbol=__wrap__exit \
	-Wl,--export-dynamic-symbol=coverage_begin
else
VARIANT := release
HARDENING += -D_FORTIFY_SOURCE=3 -fcf-protection
endif
ifneq ($(DEVELOPER),)
WARNINGS += -Werror
endif

# V=1 shows every command.
Q := $(if $(V),,@)
say = $(if $(V),@:,@printf '  %-8s %s\n' $(1) $(2))

BUILD ?= build
OUT := $(BUILD)/$(VARIANT)

CPPFLAGS_ALL := -Ilib -D_GNU_SOURCE -DMARQUEE_VERSION='"$(VERSION)"' \
	-DMARQUEE_SHARE_DIR='"$(PREFIX)/share/marquee"' \
	-DMARQUEE_SYSCONFDIR='"$(SYSCONFDIR)"' $(CPPFLAGS)
ifneq ($(COVERAGE),)
# Whoever is confined must write down still what it has counted.
CPPFLAGS_ALL += -DCONFINE_GCOV_DIR='"$(abspath $(BUILD))/coverage"'
endif
CFLAGS_ALL := -std=c11 -pthread $(OPTIMISE) $(WARNINGS) $(HARDENING) \
	$(SANITIZERS) $(CFLAGS)
LDFLAGS_ALL := -pthread $(HARDENING_LD) $(SANITIZERS) $(MARKS_LD) \
	-Wl,--as-needed $(LDFLAGS)

# Rooms, what each may use (nearest first), and the libraries each owns.
ROOMS := base confine json cache template upstream catalogue docs share media events web
ROOM_USES_base :=
ROOM_USES_confine := base
ROOM_USES_json := base
ROOM_USES_cache := base
ROOM_USES_template := json base
ROOM_USES_upstream := json base
ROOM_USES_catalogue := template json base
ROOM_USES_docs := template json base
ROOM_USES_share := base
ROOM_USES_media := share upstream json cache base
ROOM_USES_events := base
ROOM_USES_web := cache base
ROOM_LIBS_base := -lcrypto -lz -lbrotlienc
ROOM_LIBS_json := -ljson-c
ROOM_LIBS_confine := -lseccomp
ROOM_LIBS_cache :=
ROOM_LIBS_template := -ljson-c
ROOM_LIBS_upstream := -lcurl -ljson-c
ROOM_LIBS_catalogue := -ljson-c
ROOM_LIBS_docs := -ljson-c
ROOM_LIBS_share := -lhiredis
ROOM_LIBS_media :=
ROOM_LIBS_events := -lsqlite3 -lrabbitmq -lpq
ROOM_LIBS_web := -lfcgi

# Programs: name, main, rooms it may use.
PROGRAMS := movies.fcgi files.fcgi events.fcgi fetch-movies fetch-file \
	notify relay-events render-template keep-running
MAIN_movies.fcgi := cgi-bin/movies.c
USES_movies.fcgi := web cache confine base
MAIN_files.fcgi := cgi-bin/files.c cgi-bin/files_site.c cgi-bin/files_note.c
USES_files.fcgi := web media share upstream json cache confine base
MAIN_events.fcgi := cgi-bin/events.c cgi-bin/events_site.c \
	cgi-bin/events_read.c cgi-bin/events_write.c cgi-bin/events_answer.c \
	cgi-bin/events_note.c
USES_events.fcgi := web events cache confine base
MAIN_fetch-movies := cron/fetch_movies.c cron/movies_run.c \
	cron/movies_fetch.c cron/movies_publish.c cron/movies_record.c \
	cron/movies_rollback.c cron/movies_bodies.c cron/movies_share.c \
	cron/movies_share_put.c cron/movies_tally.c
USES_fetch-movies := share upstream catalogue docs template json cache confine base
MAIN_fetch-file := cron/fetch_file.c
USES_fetch-file := media share upstream json cache confine base
MAIN_notify := cron/notify.c cron/notify_run.c cron/notify_talk.c \
	cron/notify_api.c cron/notify_hold.c cron/notify_effect.c \
	cron/notify_exec.c cron/notify_retry_failed.c cron/notify_stop.c
USES_notify := events upstream json confine base
MAIN_relay-events := cron/relay_events.c cron/relay_run.c cron/relay_batch.c \
	cron/relay_connect.c cron/relay_note.c
USES_relay-events := events cache confine base
MAIN_render-template := tools/render_template.c
USES_render-template := template json base
MAIN_keep-running := tools/keep_running.c
USES_keep-running := base

.PHONY: all
all: $(PROGRAMS:%=$(OUT)/bin/%) ## Build the programs (the default)
	@:

# What a room may use, itself first.
room_closure = $(1) $(ROOM_USES_$(1))
archives = $(foreach room,$(1),$(OUT)/lib$(room).a)
libraries = $(foreach room,$(1),$(ROOM_LIBS_$(room)))

LIB_SOURCES := $(foreach room,$(ROOMS),$(wildcard lib/$(room)/*.c))
MAIN_SOURCES := $(foreach program,$(PROGRAMS),$(MAIN_$(program)))
UNIT_SOURCES := $(wildcard tests/unit/test_*.c)
HELPER_SOURCES := $(wildcard tests/support/*.c)
FUZZ_SOURCES := $(wildcard tests/fuzz/*.c)
C_SOURCES := $(LIB_SOURCES) $(MAIN_SOURCES) $(UNIT_SOURCES) $(HELPER_SOURCES) \
	$(FUZZ_SOURCES)
OBJECTS := $(C_SOURCES:%.c=$(OUT)/%.o)

# What depends on this file is built again when a flag changes.
$(OUT)/flags: export FLAGS := $(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(LDFLAGS_ALL)
$(OUT)/flags: force
	@mkdir -p $(@D)
	@printf '%s\n' "$$FLAGS" | cmp -s - $@ || printf '%s\n' "$$FLAGS" >$@
.PHONY: force

$(OUT)/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	@$(if $(COVERAGE),rm -f $(@:.o=.gcda))
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

-include $(OBJECTS:.o=.d)

define room_rule
$(OUT)/lib$(1).a: $(patsubst %.c,$(OUT)/%.o,$(wildcard lib/$(1)/*.c))
	@rm -f $$@
	$$(call say,AR,$$(@F))
	$$(Q)$$(AR) rcs $$@ $$^
endef
$(foreach room,$(ROOMS),$(eval $(call room_rule,$(room))))

define program_rule
$(OUT)/bin/$(1): $(AT_BEGIN) $(MAIN_$(1):%.c=$(OUT)/%.o) $(call archives,$(USES_$(1))) $(AT_END)
	@mkdir -p $$(@D)
	$$(call say,LINK,$$(@F))
	$$(Q)$$(CC) $$(CFLAGS_ALL) $$(LDFLAGS_ALL) -o $$@ $$^ $(call libraries,$(USES_$(1)))
endef
$(foreach program,$(PROGRAMS),$(eval $(call program_rule,$(program))))

# tests/unit/test_<module>.c tests lib/<room>/<module>.c and links that room
# and what the room may use, nothing else.
UNIT_PROGRAMS := $(UNIT_SOURCES:tests/unit/%.c=$(OUT)/unit/%)
unit_room = $(notdir $(patsubst %/,%,$(dir $(firstword $(wildcard lib/*/$(patsubst tests/unit/test_%.c,%.c,$(1)))))))
define unit_rule
$(OUT)/unit/$(basename $(notdir $(1))): $(1:%.c=$(OUT)/%.o) $(AT_BEGIN) $(call archives,$(call room_closure,$(2))) $(AT_END)
	@mkdir -p $$(@D)
	$$(call say,LINK,$$(@F))
	$$(Q)$$(CC) $$(CFLAGS_ALL) $$(LDFLAGS_ALL) -o $$@ $$^ $(call libraries,$(call room_closure,$(2))) -lbrotlidec -lcmocka
endef
$(foreach source,$(UNIT_SOURCES),$(eval $(call unit_rule,$(source),$(call unit_room,$(source)))))

.PHONY: unit
unit: $(UNIT_PROGRAMS) helpers $(OUT)/tests/fuzz_corpus

# What the black-box tests need beside the programs: tests/support/<name>.c.
PRELOADS := trouble failing_malloc intruder
HELPERS := $(filter-out $(PRELOADS:%=$(OUT)/tests/%),$(HELPER_SOURCES:tests/support/%.c=$(OUT)/tests/%))
HELPER_USES_event_log := events base
HELPER_USES_careless := web cache base
HELPER_USES_starved_parsers := catalogue docs template media share upstream json \
	events web cache base
helper_uses = $(or $(HELPER_USES_$(1)),cache base)
define helper_rule
$(OUT)/tests/$(1): $(OUT)/tests/support/$(1).o $(AT_BEGIN) $(call archives,$(call helper_uses,$(1))) $(AT_END)
	$$(call say,LINK,$$(@F))
	$$(Q)$$(CC) $$(CFLAGS_ALL) $$(LDFLAGS_ALL) -o $$@ $$^ $(call libraries,$(call helper_uses,$(1)))
endef
$(foreach helper,$(notdir $(HELPERS)),$(eval $(call helper_rule,$(helper))))

# For LD_PRELOAD. What stands in for malloc cannot be instrumented itself.
$(PRELOADS:%=$(OUT)/tests/support/%.o): CFLAGS_ALL := -std=c11 -pthread \
	$(OPTIMISE) $(WARNINGS) -fPIC $(CFLAGS)
$(PRELOADS:%=$(OUT)/tests/%.so): $(OUT)/tests/%.so: $(OUT)/tests/support/%.o
	$(call say,LINK,$(@F))
	$(Q)$(CC) -shared -Wl,-z,now -o $@ $^

.PHONY: helpers
helpers: $(HELPERS) $(PRELOADS:%=$(OUT)/tests/%.so)

include tests/fuzz/fuzz.mk tests/coverage/coverage.mk

# --- Running and testing -------------------------------------------------------

# A make that was told how many jobs to run tells its children.
JOBS = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))
SUBMAKE = $(MAKE) --no-print-directory $(JOBS)

.PHONY: run
run: ## Serve everything on http://127.0.0.1:PORT until Ctrl-C
	@tools/install-packages build run
	@tools/build-calmly $(SUBMAKE) all
	@PORT='$(PORT)' RUNDIR='$(RUNDIR)' MARQUEE_BIN='$(OUT)/bin' \
		exec tools/run-site

# The normal build is tested too: how it is linked and hardened.
.PHONY: test
test: ## Run every test; TESTS=word runs those whose name has the word
	@tools/install-packages build run test
	@$(SUBMAKE) SANITIZE= all
	@$(SUBMAKE) DEVELOPER=1 SANITIZE=1 all unit
	@MARQUEE_BIN='$(BUILD)/sanitize/bin' \
		MARQUEE_UNIT='$(BUILD)/sanitize/unit' \
		MARQUEE_RELEASE_BIN='$(BUILD)/release/bin' \
		exec tests/run $(TESTS)

# What cannot be installed is not measured, and its rows say so.
.PHONY: bench
bench: ## Measure it beside its peers; BENCH=word: those rows; ROUNDS=1: quickly
	@tools/install-packages build run
	@tools/install-packages bench || :
	@$(SUBMAKE) SANITIZE= all
	@MARQUEE_BIN='$(BUILD)/release/bin' ROUNDS='$(ROUNDS)' \
		BENCH_TABLE='$(BUILD)/bench.md' BENCH_PLOTS='$(BUILD)/bench' \
		exec tests/bench/run $(BENCH)

# The short form of it is one of the tests.
.PHONY: hunt
hunt: ## Hunt for lost events: 2,000 posts, 30 kills, both queues
	@tools/install-packages build run test
	@$(SUBMAKE) DEVELOPER=1 SANITIZE=1 all unit
	@rm -f '$(BUILD)/hunt'
	@MARQUEE_BIN='$(BUILD)/sanitize/bin' \
		MARQUEE_UNIT='$(BUILD)/sanitize/unit' \
		MARQUEE_HUNT_POSTS=2000 MARQUEE_HUNT_KILLS=30 \
		MARQUEE_HUNT_FIGURES='$(abspath $(BUILD))/hunt' \
		tests/run test_loss_hunt
	@cat '$(BUILD)/hunt'

# Each part of it has a short form among the tests.
.PHONY: prove
prove: ## Kill it, starve it, attack it: a table; PROVE=word: those parts
	@tools/install-packages build run test lint prove fuzz
	@$(SUBMAKE) SANITIZE= all helpers
	@$(SUBMAKE) DEVELOPER=1 SANITIZE=1 all unit
	@$(SUBMAKE) CC=clang SANITIZE=fuzz fuzz-targets
	@MARQUEE_BIN='$(BUILD)/sanitize/bin' \
		MARQUEE_UNIT='$(BUILD)/sanitize/unit' \
		MARQUEE_RELEASE_BIN='$(BUILD)/release/bin' \
		MARQUEE_FUZZ='$(BUILD)/fuzz/fuzz' \
		PROVE_TABLE='$(BUILD)/prove.md' exec tests/prove/run $(PROVE)

include tests/browser/browser.mk tests/http/http.mk

# --- Checking ------------------------------------------------------------------

UNITS := marquee-fetch.service marquee-fetch.timer marquee-movies.service \
	marquee-movies.socket marquee-files.service marquee-files.socket \
	marquee-events.service marquee-events.socket marquee-notify.service \
	marquee-relay.service
FORMATTED = $(C_SOURCES) $(COVERAGE_SOURCES) $(wildcard lib/*/*.h cgi-bin/*.h \
	cron/*.h tests/unit/*.h tests/fuzz/*.h tests/support/*.h)
SHELL_SCRIPTS := $(wildcard tools/install-packages tools/run-site tools/build-deb \
	tools/build-calmly debian/marquee.p* completion/marquee.bash .ci/run)
LINTERS := format shell units metrics clang analyzer cppcheck tidy

.PHONY: lint $(LINTERS:%=lint-%)
lint: $(LINTERS:%=lint-%) ## Run the static checks

lint-packages:
	@tools/install-packages build test lint
$(LINTERS:%=lint-%): lint-packages
.PHONY: lint-packages

lint-format:
	$(call say,LINT,clang-format)
	$(Q)clang-format --dry-run -Werror $(FORMATTED)

lint-shell:
	$(call say,LINT,shellcheck)
	$(Q)shellcheck $(SHELL_SCRIPTS)

# Where there is systemd. It wants to find the programs that units name. The
# exposure that it computes is at most EXPOSURE, in tenths.
EXPOSURE := 15
lint-units:
	$(call say,LINT,systemd-analyze)
	@mkdir -p $(OUT)/units
	$(Q)for unit in $(UNITS); do \
		sed 's,^ExecStart=.*,ExecStart=/bin/true,' \
			cron/systemd/$$unit >$(OUT)/units/$$unit; \
	done
	$(Q)! command -v systemd-analyze >/dev/null || { \
		systemd-analyze verify --man=no $(UNITS:%=$(OUT)/units/%) && \
		{ systemd-analyze security --offline=true --no-pager \
			--threshold=$(EXPOSURE) \
			$(patsubst %,$(OUT)/units/%,$(filter %.service,$(UNITS))) \
			>$(OUT)/units/exposure || \
			{ cat $(OUT)/units/exposure; false; }; }; }

# The API's document, by a linter of npm's: for who changes it. Only the version is
# still to be filled in.
SPECTRAL := @stoplight/spectral-cli@6.16.3
.PHONY: lint-api
lint-api: ## Look templates/openapi.json over by a public linter, from npm
	@tools/install-packages browser
	@mkdir -p $(BUILD)/api
	@sed 's/{{version}}/$(VERSION)/' templates/openapi.json >$(BUILD)/api/openapi.json
	@printf '{"extends": ["spectral:oas"], "rules": {"info-contact": "off"}}' \
		>$(BUILD)/api/ruleset.json
	@npm exec --yes --package=$(SPECTRAL) -- spectral lint --fail-severity=warn \
		--ruleset $(BUILD)/api/ruleset.json $(BUILD)/api/openapi.json

# What /metrics says of a site where everything has happened, and the alerts.
lint-metrics: all helpers
	$(call say,LINT,promtool)
	$(Q)cd prometheus && promtool check rules marquee.rules.yml >&2 && \
		promtool test rules marquee.rules.test.yml >&2
	$(Q)MARQUEE_BIN='$(abspath $(OUT))/bin' tests/support/scrape | \
		promtool check metrics

lint-clang:
	$(call say,LINT,clang)
	$(Q)$(MAKE) --no-print-directory CC=clang BUILD=$(BUILD)/clang \
		DEVELOPER=1 all unit >&2

lint-analyzer:
	$(call say,LINT,gcc -fanalyzer)
	$(Q)$(MAKE) --no-print-directory CC=gcc BUILD=$(BUILD)/analyzer \
		CFLAGS=-fanalyzer DEVELOPER=1 all >&2

# NULL ends a list of arguments well where it is a pointer, as in C on Linux;
# and cppcheck takes `struct template` for C++.
lint-cppcheck:
	$(call say,LINT,cppcheck)
	$(Q)cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 \
		--enable=warning,performance,portability \
		--suppress=varFuncNullUB \
		--suppress=CastIntegerToAddressAtReturn:lib/template/template_files.c \
		$(CPPFLAGS_ALL) $(LIB_SOURCES) $(MAIN_SOURCES)

lint-tidy: export FLAGS := -std=c11 $(CPPFLAGS_ALL)
lint-tidy:
	$(call say,LINT,clang-tidy)
	$(Q)printf '%s\n' $(LIB_SOURCES) $(MAIN_SOURCES) | xargs -P 2 -n 4 sh -c \
		'eval "clang-tidy --quiet $$* -- $$FLAGS" 2>/dev/null' clang-tidy

# The programs of the normal build, each behind a wrapper of its name. valgrind
# knows no Landlock, and a list of calls would hold for itself, too: nothing is
# given up, and the test of that runs without it.
.PHONY: valgrind
valgrind: ## Run unit tests and the programs' tests under valgrind
	@tools/install-packages build run test lint
	@$(SUBMAKE) SANITIZE= all unit
	@rm -rf $(OUT)/valgrind # or what is written goes where its link leads
	@mkdir -p $(OUT)/valgrind/bin $(OUT)/valgrind/unit
	@for program in $(PROGRAMS:%=bin/%) $(UNIT_PROGRAMS:$(OUT)/%=%); do \
		printf '#!/bin/sh\nMARQUEE_CONFINE=off exec valgrind -q --max-threads=600 --leak-check=full --error-exitcode=99 --errors-for-leak-kinds=definite,indirect %s "$$@"\n' \
			"$(abspath $(OUT))/$$program" >$(OUT)/valgrind/$$program; \
		chmod +x $(OUT)/valgrind/$$program; \
	done
	@ln -sf '$(abspath $(OUT))/unit/test_confine' $(OUT)/valgrind/unit
	@MARQUEE_BIN='$(OUT)/valgrind/bin' MARQUEE_UNIT='$(OUT)/valgrind/unit' \
		MARQUEE_RELEASE_BIN='$(OUT)/bin' \
		exec tests/run $(or $(TESTS),unit cgi)

# Where threads meet: the responders, what waits for the media API, and what is
# published of a large catalogue. The first report ends a program, so its test
# fails. (A thread that a client holds is left to the exit: that is meant, and no
# report.)
.PHONY: tsan
tsan: ## Run the tests of what has threads under ThreadSanitizer
	@tools/install-packages build run test
	@$(SUBMAKE) SANITIZE=thread all unit
	@MARQUEE_BIN='$(BUILD)/thread/bin' MARQUEE_UNIT='$(BUILD)/thread/unit' \
		MARQUEE_RELEASE_BIN='$(BUILD)/thread/bin' \
		exec tests/run $(or $(TESTS),cgi/test_files_ cgi/test_events_ test_notify.py \
		'test_movies_fastcgi.py Serving' test_fetch_file \
		unit/test_media unit/test_cache_keep unit/test_pack_queue \
		unit/test_http unit/test_worker_pool unit/test_log unit/test_event)

# --- Installing ----------------------------------------------------------------

LIBDIR = $(PREFIX)/lib/marquee
SHAREDIR = $(PREFIX)/share/marquee
DOCDIR = $(PREFIX)/share/doc/marquee
UNITDIR = $(PREFIX)/lib/systemd/system
# What nobody calls by hand.
RESPONDERS := $(filter %.fcgi keep-running,$(PROGRAMS))
COMMANDS := $(filter-out $(RESPONDERS),$(PROGRAMS))
SNIPPETS := $(wildcard nginx/snippets/*.conf)
PAGES := $(wildcard man/*.[578])
COMPLETIONDIR = $(PREFIX)/share/bash-completion/completions
DOCUMENTS := $(wildcard README.md SECURITY.md CONTRIBUTING.md CHANGELOG.md LICENSE)
# What they lead to, with its folders.
PAPERS := $(wildcard docs/*.* docs/*/*.*)

page_path = $(PREFIX)/share/man/man$(subst .,,$(suffix $(1)))/$(notdir $(1))

# Files that name /usr are written for another PREFIX as they are installed.
install_text = sed 's,/usr/\(bin\|lib/marquee\|share/marquee\|share/doc/marquee\)/,$(PREFIX)/\1/,g' \
	$(1) >$(DESTDIR)$(2) && chmod 644 $(DESTDIR)$(2)

.PHONY: install
install: all ## Install below DESTDIR, with PREFIX (/usr) and SYSCONFDIR (/etc)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LIBDIR) \
		$(DESTDIR)$(SHAREDIR)/templates $(DESTDIR)$(SHAREDIR)/catalogue \
		$(DESTDIR)$(SHAREDIR)/prometheus $(DESTDIR)$(SYSCONFDIR)/logrotate.d \
		$(DESTDIR)$(DOCDIR) $(DESTDIR)$(UNITDIR) \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d \
		$(DESTDIR)$(PREFIX)/lib/tmpfiles.d \
		$(foreach section,5 7 8,$(DESTDIR)$(PREFIX)/share/man/man$(section)) \
		$(DESTDIR)$(COMPLETIONDIR) \
		$(DESTDIR)$(SYSCONFDIR)/cron.d $(DESTDIR)$(SYSCONFDIR)/marquee \
		$(DESTDIR)$(SYSCONFDIR)/nginx/conf.d \
		$(DESTDIR)$(SYSCONFDIR)/nginx/snippets \
		$(DESTDIR)$(SYSCONFDIR)/nginx/sites-available
	install -m 755 $(COMMANDS:%=$(OUT)/bin/%) $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(RESPONDERS:%=$(OUT)/bin/%) $(DESTDIR)$(LIBDIR)
	install -m 644 $(wildcard templates/*) $(DESTDIR)$(SHAREDIR)/templates
	install -m 644 $(wildcard catalogue/*) $(DESTDIR)$(SHAREDIR)/catalogue
	install -m 644 prometheus/marquee.rules.yml \
		$(DESTDIR)$(SHAREDIR)/prometheus
	install -m 644 cron/marquee.logrotate \
		$(DESTDIR)$(SYSCONFDIR)/logrotate.d/marquee
	install -m 644 $(DOCUMENTS) cron/marquee.env.example $(DESTDIR)$(DOCDIR)
	for paper in $(PAPERS); do \
		install -D -m 644 $$paper $(DESTDIR)$(DOCDIR)/$$paper || exit; \
	done
	$(call install_text,cron/marquee.cron,$(SYSCONFDIR)/cron.d/marquee)
	$(foreach unit,$(UNITS),$(call install_text,cron/systemd/$(unit),$(UNITDIR)/$(unit)) &&) :
	$(foreach page,$(PAGES),$(call install_text,$(page),$(call page_path,$(page))) &&) :
	install -m 644 completion/marquee.bash $(DESTDIR)$(COMPLETIONDIR)/marquee
	for program in $(PROGRAMS); do \
		ln -sf marquee $(DESTDIR)$(COMPLETIONDIR)/$$program; \
	done
	install -m 644 cron/systemd/marquee.sysusers \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/marquee.conf
	install -m 644 cron/systemd/marquee.tmpfiles \
		$(DESTDIR)$(PREFIX)/lib/tmpfiles.d/marquee.conf
	install -m 644 nginx/marquee-http.conf \
		$(DESTDIR)$(SYSCONFDIR)/nginx/conf.d/marquee.conf
	install -m 644 $(SNIPPETS) $(DESTDIR)$(SYSCONFDIR)/nginx/snippets
	install -m 644 nginx/marquee.conf \
		$(DESTDIR)$(SYSCONFDIR)/nginx/sites-available/marquee

# The settings, the cache and the state are the operator's: they stay.
.PHONY: uninstall
uninstall: ## Remove what install put there, but for settings and data
	rm -f $(COMMANDS:%=$(DESTDIR)$(PREFIX)/bin/%) \
		$(UNITS:%=$(DESTDIR)$(UNITDIR)/%) \
		$(foreach page,$(PAGES),$(DESTDIR)$(call page_path,$(page))) \
		$(DESTDIR)$(COMPLETIONDIR)/marquee \
		$(PROGRAMS:%=$(DESTDIR)$(COMPLETIONDIR)/%) \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/marquee.conf \
		$(DESTDIR)$(PREFIX)/lib/tmpfiles.d/marquee.conf \
		$(DESTDIR)$(SYSCONFDIR)/cron.d/marquee \
		$(DESTDIR)$(SYSCONFDIR)/logrotate.d/marquee \
		$(DESTDIR)$(SYSCONFDIR)/nginx/conf.d/marquee.conf \
		$(SNIPPETS:nginx/%=$(DESTDIR)$(SYSCONFDIR)/nginx/%) \
		$(DESTDIR)$(SYSCONFDIR)/nginx/sites-enabled/marquee \
		$(DESTDIR)$(SYSCONFDIR)/nginx/sites-available/marquee
	rm -rf $(DESTDIR)$(LIBDIR) $(DESTDIR)$(SHAREDIR) $(DESTDIR)$(DOCDIR)

include debian/deb.mk

.PHONY: clean
clean: ## Remove what was built
	rm -rf $(BUILD)

# What a newcomer needs first, then what is done most; a target that is not
# named here comes last.
HELP_FIRST := run test all install uninstall deb clean help test-browser bench \
	lint lint-api valgrind tsan fuzz coverage hunt prove deb-check screenshots
.PHONY: help
help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1 \2/p' $(MAKEFILE_LIST) | \
		awk -v first='$(HELP_FIRST)' '{ name = $$1; sub(/^[^ ]* /, ""); \
			text[name] = $$0; names = names " " name } \
		END { count = split(first names, order); \
			for (i = 1; i <= count; i++) if (order[i] in text) { \
				printf "  %-12s %s\n", order[i], text[order[i]]; \
				delete text[order[i]] } }'

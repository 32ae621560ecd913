# Marquee: `make help` lists the targets.
#
# Programs and test programs are built under build/<variant>/; each room of
# lib/ becomes one archive, and what a room may use is written down once, in
# ROOM_USES: a room that reaches for another one does not link.

VERSION := 0.1.0

PREFIX ?= /usr
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
HARDENING_LD := -pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack

ifneq ($(SANITIZE),)
VARIANT := sanitize
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
OPTIMISE := -O1 -g
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
	-DMARQUEE_SHARE_DIR='"$(PREFIX)/share/marquee"' $(CPPFLAGS)
CFLAGS_ALL := -std=c11 -pthread $(OPTIMISE) $(WARNINGS) $(HARDENING) \
	$(SANITIZERS) $(CFLAGS)
LDFLAGS_ALL := -pthread $(HARDENING_LD) $(SANITIZERS) -Wl,--as-needed $(LDFLAGS)

# Rooms, what each may use (nearest first), and the libraries each owns.
ROOMS := base cache template upstream catalogue web
ROOM_USES_base :=
ROOM_USES_cache := base
ROOM_USES_template := base
ROOM_USES_upstream := base
ROOM_USES_catalogue := template base
ROOM_USES_web := cache base
ROOM_LIBS_base := -lcrypto -lz -lbrotlienc
ROOM_LIBS_cache :=
ROOM_LIBS_template := -ljson-c
ROOM_LIBS_upstream := -lcurl -ljson-c
ROOM_LIBS_catalogue := -ljson-c
ROOM_LIBS_web := -lfcgi

# Programs: name, main, rooms it may use.
PROGRAMS := movies.fcgi fetch-movies render-template
MAIN_movies.fcgi := cgi-bin/movies.c
USES_movies.fcgi := web cache base
MAIN_fetch-movies := cron/fetch_movies.c cron/movies_run.c \
	cron/movies_fetch.c cron/movies_record.c cron/movies_rollback.c
USES_fetch-movies := upstream catalogue template cache base
MAIN_render-template := tools/render_template.c
USES_render-template := template base

.PHONY: all
all: $(PROGRAMS:%=$(OUT)/bin/%)

# What a room may use, itself first.
room_closure = $(1) $(ROOM_USES_$(1))
archives = $(foreach room,$(1),$(OUT)/lib$(room).a)
libraries = $(foreach room,$(1),$(ROOM_LIBS_$(room)))

sources_base := $(wildcard lib/base/*.c)
LIB_SOURCES := $(foreach room,$(ROOMS),$(wildcard lib/$(room)/*.c))
MAIN_SOURCES := $(foreach program,$(PROGRAMS),$(MAIN_$(program)))
UNIT_SOURCES := $(wildcard tests/unit/test_*.c)
C_SOURCES := $(LIB_SOURCES) $(MAIN_SOURCES) $(UNIT_SOURCES)
OBJECTS := $(C_SOURCES:%.c=$(OUT)/%.o)

$(OUT)/%.o: %.c Makefile
	@mkdir -p $(@D)
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
$(OUT)/bin/$(1): $(MAIN_$(1):%.c=$(OUT)/%.o) $(call archives,$(USES_$(1)))
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
$(OUT)/unit/$(basename $(notdir $(1))): $(1:%.c=$(OUT)/%.o) $(call archives,$(call room_closure,$(2)))
	@mkdir -p $$(@D)
	$$(call say,LINK,$$(@F))
	$$(Q)$$(CC) $$(CFLAGS_ALL) $$(LDFLAGS_ALL) -o $$@ $$^ $(call libraries,$(call room_closure,$(2))) -lbrotlidec -lcmocka
endef
$(foreach source,$(UNIT_SOURCES),$(eval $(call unit_rule,$(source),$(call unit_room,$(source)))))

.PHONY: unit
unit: $(UNIT_PROGRAMS)

.PHONY: clean
clean:
	rm -rf $(BUILD)

/*
 * The settings of every program: one table of names, defaults and what is
 * allowed; read once at start, checked as a whole, then only looked at.
 *
 * An environment variable wins over the config file, which wins over the
 * default. The config file holds KEY=value lines; `#` begins a comment line,
 * a value may stand in single or double quotes, and `export` before the key is
 * passed over. An unknown MARQUEE_ name in the file is an error, since it is a
 * typing slip; other names are left to whoever shares the file.
 */
#ifndef MARQUEE_BASE_SETTINGS_H
#define MARQUEE_BASE_SETTINGS_H

#include <stdio.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/log.h"

enum setting {
	SETTING_CACHE_DIR,
	SETTING_STATE_DIR,
	SETTING_SHARE_DIR,
	SETTING_GHIBLI_URL,
	SETTING_FILES_URL,
	SETTING_MAX_PAGES,
	SETTING_PAGE_SIZE,
	SETTING_MAX_WALKS,
	SETTING_INDEX_TTL_S,
	SETTING_SPECIES,
	SETTING_PUBLIC_URL,
	SETTING_POSTERS,
	SETTING_TIMEOUT_MS,
	SETTING_CONNECT_TIMEOUT_MS,
	SETTING_RETRIES,
	SETTING_CONCURRENCY,
	SETTING_MAX_BYTES,
	SETTING_EVENTS_URL,
	SETTING_AMQP_URL,
	SETTING_REDIS_URL,
	SETTING_REDIS_AGE_S,
	SETTING_NOTIFY_ATTEMPTS,
	SETTING_API_URL,
	SETTING_CONFINE,
	SETTING_LOG_LEVEL,
	SETTING_LOG_FORMAT,
	SETTING_COUNT
};

struct settings; /* freed with settings_free */

/* Reads and checks everything. `config_file` is the path given by --config, or
 * NULL: then the first that exists of /etc/marquee/marquee.env and ./.env is
 * read, if any. Returns NULL with EX_CONFIG (78) and the name, the value and
 * what is allowed. */
struct settings *settings_load(const char *config_file, struct error *err);
void settings_free(struct settings *settings);

/* The value as text; "" where it is empty. Lives as long as the settings. */
const char *settings_text(const struct settings *settings, enum setting id);

/* The value of a setting that is a number. */
long long settings_number(const struct settings *settings, enum setting id);

/* Prints, for --check-config, a line a setting: name, value (passwords in URLs
 * masked), and where it came from. */
void settings_print(const struct settings *settings, FILE *out);

/* The table as help text: name, default, meaning; a line a setting. */
void settings_print_help(FILE *out);

/* Applies MARQUEE_LOG_LEVEL and MARQUEE_LOG_FORMAT; see log_open. */
void settings_open_log(const struct settings *settings, const char *program,
		       enum log_sink sink);

/* Calls `word` for each part of `text` between spaces or commas (`separator`),
 * blanks around it trimmed, empty parts left out. Stops at the first result
 * that is not 0 and returns it. */
int settings_each(const char *text, char separator,
		  int (*word)(void *context, const char *part, size_t length),
		  void *context);

#endif

#include "base/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/count.h"
#include "base/files.h"
#include "base/key_values.h"
#include "base/log.h"
#include "base/setting_rules.h"
#include "base/text.h"

#define CONFIG_FILE_MAX_BYTES (64 * 1024)

static const char *const default_config_files[] = {
	MARQUEE_SYSCONFDIR "/marquee/marquee.env", "./.env"};

struct settings {
	struct {
		char *text;
		char *origin; /* "default", "environment" or "file:line" */
	} values[SETTING_COUNT];
};

/* Sets a value and where it came from; the text is copied. */
static int set_value(struct settings *settings, int id, const char *text,
		     size_t length, const char *origin, struct error *err)
{
	char *text_copy = strndup(text, length);
	char *origin_copy = strdup(origin);

	if (text_copy == NULL || origin_copy == NULL) {
		free(text_copy);
		free(origin_copy);
		return error_no_memory(err);
	}
	free(settings->values[id].text);
	free(settings->values[id].origin);
	settings->values[id].text = text_copy;
	settings->values[id].origin = origin_copy;
	return 0;
}

static int find_setting(const char *name, size_t length)
{
	int id;

	for (id = 0; id < SETTING_COUNT; id++)
		if (strlen(setting_rules[id].name) == length &&
		    memcmp(setting_rules[id].name, name, length) == 0)
			return id;
	return -1;
}

/* One line of the config file. */
static int take_pair(struct settings *settings, const char *path,
		     const struct key_value *pair, struct error *err)
{
	static const char prefix[] = "MARQUEE_";
	static const char export[] = "export ";
	const char *name = pair->key;
	size_t length = pair->key_length;
	struct buffer origin = BUFFER_EMPTY;
	int id, status;

	if (pair->key_length == 0)
		return error_set(err, EX_CONFIG,
				 "%s:%u: the line is not KEY=value", path,
				 pair->line);
	/* The file may be one that a shell reads, too. */
	if (length > sizeof(export) - 1 &&
	    memcmp(name, export, sizeof(export) - 1) == 0) {
		name += sizeof(export) - 1;
		length -= sizeof(export) - 1;
	}
	if (length < sizeof(prefix) - 1 ||
	    memcmp(name, prefix, sizeof(prefix) - 1) != 0)
		return 0;
	id = find_setting(name, length);
	if (id < 0)
		return error_set(err, EX_CONFIG,
				 "%s:%u: there is no setting %.*s; "
				 "--help lists those there are",
				 path, pair->line, (int)length, name);
	buffer_format(&origin, "%s:%u", path, pair->line);
	status = buffer_check(&origin, err);
	if (status == 0)
		status = set_value(settings, id, pair->value,
				   pair->value_length, origin.data, err);
	buffer_free(&origin);
	return status;
}

static int load_file(struct settings *settings, const char *path,
		     struct error *err)
{
	struct buffer text = BUFFER_EMPTY;
	struct key_value pair;
	size_t at = 0;
	int status;

	status = files_read(AT_FDCWD, path, CONFIG_FILE_MAX_BYTES, &text, err);
	if (status != 0 && err != NULL)
		err->code = EX_CONFIG;
	if (status == 0 && memchr(text.data != NULL ? text.data : "", '\0',
				  text.length) != NULL)
		status = error_set(err, EX_CONFIG, "%s holds a NUL byte", path);
	while (status == 0 &&
	       key_values_next(text.data, text.length, &at, &pair))
		status = take_pair(settings, path, &pair, err);
	buffer_free(&text);
	return status;
}

/* A file that is there but out of reach is an error: going on with the defaults
 * would look like success. */
static int load_default_file(struct settings *settings, struct error *err)
{
	size_t i;

	for (i = 0; i < COUNT(default_config_files); i++)
		if (access(default_config_files[i], F_OK) == 0 ||
		    (errno != ENOENT && errno != ENOTDIR))
			return load_file(settings, default_config_files[i],
					 err);
	return 0;
}

static int load_environment(struct settings *settings, struct error *err)
{
	const char *text;
	int id, status = 0;

	for (id = 0; id < SETTING_COUNT && status == 0; id++) {
		text = getenv(setting_rules[id].name);
		if (text != NULL)
			status = set_value(settings, id, text, strlen(text),
					   "environment", err);
	}
	return status;
}

static int check_all(const struct settings *settings, struct error *err)
{
	int id;

	for (id = 0; id < SETTING_COUNT; id++)
		if (setting_rule_check(&setting_rules[id],
				       settings->values[id].text, err) != 0)
			return error_context(err, "%s",
					     settings->values[id].origin);
	return 0;
}

struct settings *settings_load(const char *config_file, struct error *err)
{
	struct settings *settings = calloc(1, sizeof(*settings));
	int id, status = 0;

	if (settings == NULL) {
		error_no_memory(err);
		return NULL;
	}
	for (id = 0; id < SETTING_COUNT && status == 0; id++)
		status = set_value(settings, id, setting_rules[id].preset,
				   strlen(setting_rules[id].preset), "default",
				   err);
	if (status == 0)
		status = config_file != NULL
				 ? load_file(settings, config_file, err)
				 : load_default_file(settings, err);
	if (status == 0)
		status = load_environment(settings, err);
	if (status == 0)
		status = check_all(settings, err);
	if (status == 0)
		return settings;
	settings_free(settings);
	return NULL;
}

void settings_free(struct settings *settings)
{
	int id;

	if (settings == NULL)
		return;
	for (id = 0; id < SETTING_COUNT; id++) {
		free(settings->values[id].text);
		free(settings->values[id].origin);
	}
	free(settings);
}

const char *settings_text(const struct settings *settings, enum setting id)
{
	return settings->values[id].text;
}

long long settings_number(const struct settings *settings, enum setting id)
{
	const char *text = settings->values[id].text;
	long long number = 0;

	text_number(text, strlen(text), &number);
	return number;
}

void settings_print(const struct settings *settings, FILE *out)
{
	int id;

	for (id = 0; id < SETTING_COUNT; id++) {
		struct buffer shown = BUFFER_EMPTY;

		setting_rule_mask(settings->values[id].text, &shown);
		fprintf(out, "%s=%s\t(%s)\n", setting_rules[id].name,
			shown.length != 0 ? shown.data : "",
			settings->values[id].origin);
		buffer_free(&shown);
	}
}

void settings_print_help(FILE *out)
{
	int id;

	for (id = 0; id < SETTING_COUNT; id++)
		fprintf(out, "  %s\n      %s (default: %s)\n",
			setting_rules[id].name, setting_rules[id].meaning,
			setting_rules[id].preset[0] != '\0'
				? setting_rules[id].preset
				: "empty");
}

void settings_open_log(const struct settings *settings, const char *program,
		       enum log_sink sink)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};
	const char *wanted = settings_text(settings, SETTING_LOG_LEVEL);
	enum log_level level = LOG_LEVEL_DEBUG;

	while (level < LOG_LEVEL_ERROR && strcmp(names[level], wanted) != 0)
		level++;
	log_open(program, level,
		 strcmp(settings_text(settings, SETTING_LOG_FORMAT), "json") ==
				 0
			 ? LOG_FORMAT_JSON
			 : LOG_FORMAT_LOGFMT,
		 sink);
}

int settings_each(const char *text, char separator,
		  int (*word)(void *context, const char *part, size_t length),
		  void *context)
{
	const char *end;
	size_t length;
	int status = 0;

	while (status == 0 && *text != '\0') {
		while (*text == ' ' || *text == separator)
			text++;
		end = strchrnul(text, separator);
		length = (size_t)(end - text);
		while (length > 0 && text[length - 1] == ' ')
			length--;
		if (length > 0)
			status = word(context, text, length);
		text = end;
	}
	return status;
}

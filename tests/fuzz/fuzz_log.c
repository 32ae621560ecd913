/* base/log.h: a value from outside forges neither a line nor a field, and can
 * be read back. */
#include "base/log.h"

#include "base/text.h"
#include "captured_log.h"
#include "fuzz.h"
#include "json_oracle.h"

#define MAX_BYTES 128

/* The value as logfmt has it: bare, or as a JSON string. */
static void check_logfmt(const char *line, const char *value)
{
	static char decoded[4 * MAX_BYTES];
	const char *at = strstr(line, " msg=m name="), *end;
	size_t length;

	FUZZ_CHECK(at != NULL);
	at += strlen(" msg=m name=");
	end = strstr(at, " last=1");
	FUZZ_CHECK(end != NULL);
	if (*at != '"') {
		end = at + strcspn(at, " ");
		length = (size_t)(end - at);
		FUZZ_CHECK(length == strlen(value));
		FUZZ_CHECK(memcmp(at, value, length) == 0);
		FUZZ_CHECK(memchr(at, '=', length) == NULL && length > 0);
	} else {
		end = line + strlen(line) - strlen(" last=1");
		length = (size_t)(end - at);
		FUZZ_CHECK(json_oracle_is_json(at, length));
		length = json_oracle_string(at, length, decoded);
		FUZZ_CHECK(!text_is_utf8(value, strlen(value)) ||
			   (length == strlen(value) &&
			    memcmp(decoded, value, length) == 0));
	}
	FUZZ_CHECK(strcmp(end, " last=1") == 0);
}

FUZZ_TARGET(log, MAX_BYTES)
{
	static char room[MAX_BYTES + 1];
	const char *value = fuzz_text(room, sizeof(room), data, size);
	bool is_json = fuzz_seed(data, size) % 2 == 0;
	const char *line, *c;

	log_open("fuzz", LOG_LEVEL_DEBUG,
		 is_json ? LOG_FORMAT_JSON : LOG_FORMAT_LOGFMT,
		 LOG_SINK_SYSLOG);
	log_event(LOG_LEVEL_INFO, "m", "name", value, "last", "1", NULL);
	line = captured_log();
	for (c = line; *c != '\0'; c++)
		FUZZ_CHECK((unsigned char)*c >= ' ' && *c != 0x7f);
	if (is_json)
		FUZZ_CHECK(line[0] == '{' &&
			   json_oracle_is_json(line, strlen(line)));
	else
		check_logfmt(line, value);
}

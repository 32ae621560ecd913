#include "events/event_settings.h"

#include <string.h>

#include "base/buffer.h"
#include "base/setting_rules.h"

static bool begins(const char *url, const char *scheme)
{
	return strncmp(url, scheme, strlen(scheme)) == 0;
}

int event_settings_read(const struct settings *settings,
			struct event_store_options *options, struct error *err)
{
	const char *url = settings_text(settings, SETTING_EVENTS_URL);
	struct buffer shown = BUFFER_EMPTY;

	options->directory = NULL;
	options->url = NULL;
	if (url[0] == '\0' || strcmp(url, "sqlite:") == 0) {
		options->directory = settings_text(settings, SETTING_STATE_DIR);
		return 0;
	}
	if (begins(url, "postgresql://") || begins(url, "postgres://")) {
		options->url = url;
		return 0;
	}
	setting_rule_mask(url, &shown);
	error_set(err, EX_CONFIG,
		  "MARQUEE_EVENTS_URL is \"%s\", allowed are sqlite: (the "
		  "database in MARQUEE_STATE_DIR) and postgresql://…",
		  shown.length != 0 ? shown.data : "?");
	buffer_free(&shown);
	return -1;
}

#include "events/event_settings.h"

#include <string.h>

#include "base/buffer.h"
#include "base/setting_rules.h"

const char *event_settings_directory(const struct settings *settings,
				     struct error *err)
{
	const char *url = settings_text(settings, SETTING_EVENTS_URL);
	struct buffer shown = BUFFER_EMPTY;

	if (url[0] == '\0' || strcmp(url, "sqlite:") == 0)
		return settings_text(settings, SETTING_STATE_DIR);
	setting_rule_mask(url, &shown);
	error_set(err, EX_CONFIG,
		  "MARQUEE_EVENTS_URL is \"%s\", allowed is sqlite: (the "
		  "database in MARQUEE_STATE_DIR); this version has no other "
		  "event log",
		  shown.length != 0 ? shown.data : "?");
	buffer_free(&shown);
	return NULL;
}

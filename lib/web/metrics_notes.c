#include "base/error.h"
#include "cache/cache_presence.h"
#include "web/events_health.h"
#include "web/files_health.h"
#include "web/health_note.h"
#include "web/metrics_note.h"
#include "web/movies_facts.h"

static const struct {
	const char *site, *name;
	const char *owner, *alive; /* whose claim says that it counts */
} notes[METRICS_NOTES] = {
	{MOVIES_SITE, "fetch-movies.prom", NULL, NULL},
	{METRICS_SITE, METRICS_NOTE_FILES, FILES_SITE, FILES_ALIVE},
	{METRICS_SITE, METRICS_NOTE_EVENTS, EVENTS_SITE, EVENTS_ALIVE},
};

void metrics_note_read_all(const char *cache_dir, struct buffer *texts)
{
	struct error err = {0};
	size_t i;
	int found;

	for (i = 0; i < METRICS_NOTES; i++) {
		found = notes[i].owner == NULL
				? 1
				: cache_presence_find(cache_dir, notes[i].owner,
						      notes[i].alive, &err);
		if (found == 1)
			health_note_read(cache_dir, notes[i].site,
					 notes[i].name, &texts[i]);
		else if (found < 0 && err.code == EX_OSERR)
			texts[i].has_failed = true;
	}
}

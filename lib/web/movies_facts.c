#include "web/movies_facts.h"

#include "cache/cache_reader.h"
#include "web/health_note.h"

static void read_snapshot(const char *cache_dir, struct movies_facts *facts,
			  struct error *err)
{
	struct cache_snapshot snapshot;

	if (cache_snapshot_open(cache_dir, MOVIES_SITE, &snapshot, err) != 0)
		return;
	facts->is_published = true;
	facts->published_at = snapshot.published_at;
	freshness_look(cache_dir, MOVIES_SITE, snapshot.published_at,
		       &facts->freshness, err);
	cache_snapshot_close(&snapshot);
}

void movies_facts_read(const char *cache_dir, struct movies_facts *facts)
{
	struct error of_snapshot = {0}, of_confirmation = {0};
	struct timespec when;

	*facts = (struct movies_facts){.note = BUFFER_EMPTY};
	read_snapshot(cache_dir, facts, &of_snapshot);
	health_note_read(cache_dir, MOVIES_SITE, FRESHNESS_NOTE, &facts->note);
	facts->is_bundled = health_note_is(&facts->note, "source", "bundled");
	if (cache_checked_at(cache_dir, MOVIES_SITE, &when, &of_confirmation) ==
		    0 &&
	    !facts->is_bundled) {
		facts->is_confirmed = true;
		facts->confirmed_at = when.tv_sec;
	}
	if (of_snapshot.code == EX_OSERR || of_confirmation.code == EX_OSERR)
		facts->note.has_failed = true;
}

void movies_facts_free(struct movies_facts *facts)
{
	buffer_free(&facts->note);
}

bool movies_facts_have_age(const struct movies_facts *facts)
{
	return facts->is_published && facts->is_confirmed;
}

bool movies_facts_text(const struct movies_facts *facts, const char *key,
		       struct key_value *pair)
{
	return health_note_find(&facts->note, key, pair);
}

bool movies_facts_number(const struct movies_facts *facts, const char *key,
			 long long *number)
{
	return health_note_get(&facts->note, key, number);
}

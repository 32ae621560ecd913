#include <stdio.h>
#include <string.h>

#include "cache/cache_writer.h"
#include "movies_record.h"
#include "movies_run.h"

/* What is withdrawn must be known before it stops being live, or the next run
 * would publish it again. */
static int roll_back(struct cache_writer *writer, const char *cache_dir,
		     struct movies_record *record, struct error *err)
{
	static const struct error well = {0};
	struct movies_status status;

	if (strcmp(record->generation, cache_writer_current(writer)) == 0) {
		record->is_withdrawn = true;
		if (movies_record_write(writer, record, err) != 0)
			return -1;
	} else if (record->is_withdrawn &&
		   cache_writer_withdraw(writer, record->generation, err) !=
			   0) {
		/* One that was killed may not have come to it. */
		return -1;
	}
	if (cache_writer_rollback(writer, err) != 0)
		return -1;
	movies_status_read(cache_dir, &status);
	status.source = MOVIES_SOURCE_ROLLED_BACK;
	status.failures = 0;
	return movies_status_write(writer, &status, &well, err);
}

int movies_rollback(const struct settings *settings, char generation[65],
		    struct error *err)
{
	const char *cache_dir = settings_text(settings, SETTING_CACHE_DIR);
	struct cache_writer *writer;
	struct movies_record record;
	char live[65];
	int status;

	generation[0] = '\0';
	status = cache_writer_open(cache_dir, MOVIES_SITE, &writer, err);
	if (status == CACHE_WRITER_LOCKED)
		return error_set(err, EX_TEMPFAIL,
				 "a run of fetch-movies is under way; "
				 "try again when it is done");
	if (status != 0)
		return -1;
	snprintf(live, sizeof(live), "%s", cache_writer_current(writer));
	status = movies_record_read(cache_dir, &record, err);
	if (status == 0)
		status = roll_back(writer, cache_dir, &record, err);
	if (strcmp(cache_writer_current(writer), live) != 0)
		snprintf(generation, 65, "%s", cache_writer_current(writer));
	movies_record_free(&record);
	cache_writer_close(writer);
	return status;
}

#include "web/metrics_note.h"

#include <string.h>

#include "base/log.h"
#include "cache/cache_writer.h"

static void remember(struct metrics_note *note, struct buffer *text)
{
	struct buffer before = note->written;

	note->written = *text;
	*text = before;
	note->has_complained = false;
}

static void complain(struct metrics_note *note, const struct error *err)
{
	if (!note->has_complained)
		log_event(LOG_LEVEL_WARN,
			  "the note for /metrics is not written", "reason",
			  err->message, NULL);
	note->has_complained = true;
}

/* Where another process writes its own at this moment, the next tick will do. */
static void update(void *context)
{
	struct metrics_note *note = context;
	struct buffer text = BUFFER_EMPTY;
	struct metrics_writer writer = METRICS_WRITER(&text);
	struct error err = {0};
	int status = 0;

	note->source.write(note->source.context, &writer);
	request_counters_write(note->counters, &writer);
	if (text.has_failed || text.length != note->written.length ||
	    memcmp(text.data, note->written.data, text.length) != 0) {
		status = cache_writer_leave_note(note->cache_dir, METRICS_SITE,
						 note->name, &text, &err);
		if (status == 0)
			remember(note, &text);
		else if (status < 0)
			complain(note, &err);
	}
	buffer_free(&text);
}

int metrics_note_start(struct metrics_note *note, struct error *err)
{
	note->written = BUFFER_EMPTY;
	note->has_complained = false;
	note->ticker.tick = update;
	note->ticker.context = note;
	note->counters =
		request_counters_create(note->responder, note->routes, err);
	if (note->counters == NULL)
		return -1;
	if (ticker_start(&note->ticker, err) == 0)
		return 0;
	request_counters_free(note->counters);
	return -1;
}

void metrics_note_end(struct metrics_note *note)
{
	ticker_end(&note->ticker);
	request_counters_free(note->counters);
	buffer_free(&note->written);
}

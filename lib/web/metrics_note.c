#include "web/metrics_note.h"

/* Where another process writes its own at this moment, the next tick will do. */
static void update(void *context)
{
	struct metrics_note *note = context;
	struct buffer text = BUFFER_EMPTY;
	struct metrics_writer writer = METRICS_WRITER(&text);
	struct error err = {0};

	note->source.write(note->source.context, &writer);
	request_counters_write(note->counters, &writer);
	if (cache_note_update(&note->kept, &text, &err) < 0)
		cache_note_complain(&note->kept,
				    "the note for /metrics is not written",
				    &err);
	buffer_free(&text);
}

int metrics_note_start(struct metrics_note *note, struct error *err)
{
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
	cache_note_free(&note->kept);
}

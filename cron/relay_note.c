#include "relay_note.h"

#include <string.h>

#include "base/clock.h"
#include "base/key_values.h"
#include "base/log.h"
#include "cache/cache_writer.h"

#define SITE "events"
#define NAME "relay"

static void describe(const struct relay_note *note, struct buffer *text)
{
	key_values_put(text, "result",
		       note->failure.code == 0 ? "ok" : "failed");
	if (note->failure.code != 0) {
		key_values_put(text, "error", note->failure.message);
		key_values_put_number(text, "failed_ms", clock_wall_ms());
	}
	key_values_put_number(text, "relayed", (long long)note->relayed);
}

/* Events go on without it. */
static void write_note(struct relay_note *note)
{
	struct buffer text = BUFFER_EMPTY;
	struct error err = {0};
	int status;

	describe(note, &text);
	status = cache_writer_leave_note(note->cache_dir, SITE, NAME, &text,
					 &err);
	/* An error would come again. */
	note->is_written = status != CACHE_WRITER_LOCKED;
	if (status < 0)
		log_event(LOG_LEVEL_WARN, "the note for /health is not written",
			  "reason", err.message, NULL);
	buffer_free(&text);
}

static void write_again(struct relay_note *note)
{
	if (!note->is_written)
		write_note(note);
}

void relay_note_well(struct relay_note *note)
{
	if (note->is_told && note->failure.code == 0) {
		write_again(note);
		return;
	}
	note->failure = (struct error){0};
	note->is_told = true;
	log_event(LOG_LEVEL_INFO, "the broker takes events", NULL);
	write_note(note);
}

void relay_note_failure(struct relay_note *note, const struct error *failure)
{
	if (note->is_told && note->failure.code != 0 &&
	    strcmp(note->failure.message, failure->message) == 0) {
		write_again(note);
		return;
	}
	note->failure = *failure;
	note->is_told = true;
	log_event(LOG_LEVEL_WARN, "events wait in the outbox", "reason",
		  failure->message, NULL);
	write_note(note);
}

#include "files_note.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/key_values.h"
#include "base/log.h"
#include "cache/cache_writer.h"
#include "web/files_health.h"

static void put_number(struct buffer *text, const char *key, long long number)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%lld", number);
	key_values_put(text, key, digits);
}

static void describe(const struct files_note *note, struct buffer *text)
{
	char started[CLOCK_RFC3339_BYTES];
	struct media_numbers numbers;

	clock_rfc3339(note->started_ms, started);
	key_values_put(text, "upstream",
		       note->media != NULL ? "configured" : "none");
	key_values_put(text, "started", started);
	if (note->media == NULL)
		return;
	media_numbers(note->media, &numbers);
	put_number(text, "kept", (long long)numbers.fetched);
	if (numbers.last_error[0] == '\0') {
		key_values_put(text, "result", "ok");
		return;
	}
	key_values_put(text, "result", "failed");
	key_values_put(text, "error", numbers.last_error);
	put_number(text, "failed_ms", numbers.last_failure_ms);
}

/* Where another process puts its note right now, that one will do. */
void files_note_put(const struct files_note *note)
{
	struct buffer text = BUFFER_EMPTY;
	struct cache_writer *writer = NULL;
	struct error err = {0};
	int status;

	describe(note, &text);
	status = buffer_check(&text, &err);
	if (status == 0)
		status = cache_writer_open(note->cache_dir, FILES_SITE, &writer,
					   &err);
	if (status == 0)
		status = cache_writer_put_note(writer, FILES_NOTE, text.data,
					       text.length, &err);
	if (status < 0)
		log_event(LOG_LEVEL_WARN, "the note for /health is not written",
			  "reason", err.message, NULL);
	cache_writer_close(writer);
	buffer_free(&text);
}

void files_note_init(struct files_note *note, const char *cache_dir,
		     struct media *media)
{
	*note = (struct files_note){.cache_dir = cache_dir,
				    .media = media,
				    .started_ms = clock_wall_ms()};
	pthread_mutex_init(&note->lock, NULL);
}

void files_note_update(struct files_note *note, bool has_failed)
{
	long long now_ms = clock_monotonic_ms();

	pthread_mutex_lock(&note->lock);
	if (!has_failed || !note->is_failed ||
	    now_ms - note->written_ms >= FILES_NOTE_REST_MS) {
		note->is_failed = has_failed;
		note->written_ms = now_ms;
		files_note_put(note);
	}
	pthread_mutex_unlock(&note->lock);
}

/*
 * What /health shows of a service's note: KEY=value lines that a publisher or
 * another responder leaves in the cache (cache_read_note).
 */
#ifndef MARQUEE_WEB_HEALTH_NOTE_H
#define MARQUEE_WEB_HEALTH_NOTE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/json_writer.h"
#include "base/key_values.h"

/* Reads a note of the cache into `note`, which is empty. What cannot be read
 * counts as not there; only where memory was too short for it the note has
 * failed (buffer.h), and so has whatever is written of it. */
void health_note_read(const char *cache_dir, const char *site, const char *name,
		      struct buffer *note);

/* Whether the note has `key` with a value that is not empty; sets `pair`. */
bool health_note_find(const struct buffer *note, const char *key,
		      struct key_value *pair);

/* Whether the value of `key` is exactly `value`. */
bool health_note_is(const struct buffer *note, const char *key,
		    const char *value);

/* Sets `number` to the value of `key`. Returns whether it is one. */
bool health_note_get(const struct buffer *note, const char *key,
		     long long *number);

/* Whether the last thing that it tells of failed; sets when (wall clock). */
bool health_note_has_failed(const struct buffer *note, long long *failed_ms);

/* Writes the member `name`: the value of `key` as text, or null. */
void health_note_text(const struct buffer *note, const char *name,
		      const char *key, struct json_writer *json);

/* Writes the member `key`: its value as a number, or null where it is none. */
void health_note_number(const struct buffer *note, const char *key,
			struct json_writer *json);

#endif

#include "cache/cache_note.h"

#include <string.h>

#include "base/log.h"
#include "cache/cache_writer.h"

int cache_note_update(struct cache_note *note, struct buffer *text,
		      struct error *err)
{
	struct buffer before = note->written;
	int status;

	if (!text->has_failed && text->length == before.length &&
	    (text->length == 0 ||
	     memcmp(text->data, before.data, text->length) == 0))
		return 0;
	status = cache_writer_leave_note(note->cache_dir, note->site,
					 note->name, text, err);
	if (status == 0) {
		note->written = *text;
		*text = before;
		note->has_complained = false;
	}
	return status;
}

void cache_note_complain(struct cache_note *note, const char *what,
			 const struct error *why)
{
	if (!note->has_complained)
		log_event(LOG_LEVEL_WARN, what, "reason", why->message, NULL);
	note->has_complained = true;
}

void cache_note_free(struct cache_note *note)
{
	buffer_free(&note->written);
}

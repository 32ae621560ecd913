/*
 * What the list says of one file: an element of a page, as it came, and the
 * two of its fields that decide what becomes of it.
 */
#ifndef MARQUEE_MEDIA_MEDIA_ENTRY_H
#define MARQUEE_MEDIA_MEDIA_ENTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/object_cutter.h"

#define MEDIA_STATUS_BYTES 64

struct media_entry {
	bool is_finished;
	char status[MEDIA_STATUS_BYTES]; /* "" where it is not said */
	const char *id;
	const char *text; /* the element, byte for byte */
	size_t length;
	char bytes[]; /* of the last three */
};

/* Makes an entry of an element. Returns 0 and sets `entry`, to NULL where the
 * object names no file; -1 with EX_DATAERR where it is no object. The caller
 * frees it with free(3). */
int media_entry_read(const char *text, size_t length,
		     struct media_entry **entry, struct error *err);

/* NULL with EX_OSERR. */
struct media_entry *media_entry_copy(const struct media_entry *entry,
				     struct error *err);

/* Memory that an entry takes. */
size_t media_entry_bytes(const struct media_entry *entry);

/* Reads `processingStatus` of an object: sets `status` to the word, shortened
 * where it is long, "" where there is none or it is null. Returns whether it is
 * FINISHED. */
bool media_status_read(const struct object_members *members,
		       char status[MEDIA_STATUS_BYTES]);

/* Whether a file of this status may still become FINISHED: not where the word
 * says that it has failed or was given up. */
bool media_status_may_finish(const char *status);

bool media_is_null(const struct object_member *member);

/* Whether an object is about this file. One without a `fileId`, or where it is
 * null, contradicts nobody. */
bool media_id_agrees(const struct object_members *members, const char *id);

#endif

/*
 * One JSON object of what the list, the details and the segments say of a
 * file.
 */
#ifndef MARQUEE_MEDIA_MEDIA_MERGE_H
#define MARQUEE_MEDIA_MEDIA_MERGE_H

#include "base/buffer.h"
#include "base/error.h"
#include "media/media_entry.h"
#include "media/media_segments.h"

/* Appends the object to `out`: the list's fields in their order, with the value
 * of the details where these have the field too, then the fields that only the
 * details have, then `segments`. Values are byte for byte what the upstream
 * gave. The list's `fileId` and `processingStatus` stay where the details' are
 * null. */
int media_merge(const struct media_entry *entry,
		const struct object_members *details,
		const struct media_segments *segments, struct buffer *out,
		struct error *err);

#endif

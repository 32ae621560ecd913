/*
 * All that is done for one id, by one thread: find, load, merge, keep.
 *
 * A file is kept only if it was seen to be FINISHED before its details and
 * segments were asked for, and if the list's entry is no older than that: so
 * nothing of before is mixed with what came after.
 */
#ifndef MARQUEE_MEDIA_MEDIA_WORK_H
#define MARQUEE_MEDIA_MEDIA_WORK_H

#include "media/media_find.h"
#include "media/media_share.h"

/* In how many seconds to ask again for a file that is on its way. */
#define MEDIA_UNFINISHED_RETRY_S 5

struct media_work {
	const struct media_options *options;
	struct media_pool *pool;
	struct media_finder *finder;
	struct media_share *share; /* NULL: none */
};

/* Fills in `answer` (but for is_collapsed). `known` is the id's entry where the
 * list was read just now, or NULL. */
void media_work(const struct media_work *work, const char *id,
		const struct media_entry *known, struct media_answer *answer);

#endif

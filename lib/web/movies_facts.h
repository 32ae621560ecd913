/*
 * What is known of the published films, for /health and /metrics alike: from
 * the cache, and from the publisher's note "status".
 *
 *	struct movies_facts facts;
 *	long long films;
 *
 *	movies_facts_read(cache_dir, &facts);
 *	if (movies_facts_number(&facts, "films", &films))
 *		…
 *	movies_facts_free(&facts);
 */
#ifndef MARQUEE_WEB_MOVIES_FACTS_H
#define MARQUEE_WEB_MOVIES_FACTS_H

#include <stdbool.h>
#include <time.h>

#include "base/buffer.h"
#include "base/key_values.h"
#include "web/freshness.h"

/* The films' place in the cache. */
#define MOVIES_SITE "movies"

struct movies_facts {
	/* Whether something is published that can be read; otherwise the next
	 * two say nothing. */
	bool is_published;
	time_t published_at; /* when it was made current */
	struct freshness freshness;
	/* Whether it came with Marquee: no upstream ever said anything of it. */
	bool is_bundled;
	bool is_confirmed;   /* whether the upstream ever confirmed it */
	time_t confirmed_at; /* when it last did */
	/* "" where there is none; has failed where memory was too short for
	 * any of all this: then nothing is to be told of it. */
	struct buffer note;
};

/* Reads all of it; what cannot be read counts as not there. Freed with
 * movies_facts_free. */
void movies_facts_read(const char *cache_dir, struct movies_facts *facts);
void movies_facts_free(struct movies_facts *facts);

/* Whether freshness.age_s is an age: that of what is published, since an upstream
 * confirmed it. */
bool movies_facts_have_age(const struct movies_facts *facts);

/* Looks a value of the note up. Returns false where it is missing or blank. */
bool movies_facts_text(const struct movies_facts *facts, const char *key,
		       struct key_value *pair);

/* The same for a number; false also where it is none. */
bool movies_facts_number(const struct movies_facts *facts, const char *key,
			 long long *number);

#endif
